import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { loadKernels, loadOpenVino, tryLoadTensorRt } from '../../lib/native/load-addon.js'
import { convolutionModel } from '../models/encode-onnx.js'

/** Members of the interfaces in a file of `lib/native`, by interface. */
function declaredMembers(file: string): Record<string, string[]> {
  const path = resolve(import.meta.dirname, '../../lib/native', file)
  const source = ts.createSourceFile(file, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022)
  const declared: Record<string, string[]> = {}
  for (const statement of source.statements) {
    if (!ts.isInterfaceDeclaration(statement)) continue
    declared[statement.name.text] = statement.members.map((member) => (member.name as ts.Identifier).text).sort()
  }
  return declared
}

const exported = (value: object) => Object.keys(value).sort()

/** What instances offer, from whichever object of their chain. */
function offered(instance: object): string[] {
  const names = new Set<string>()
  for (let object = instance; object && object !== Object.prototype; object = Object.getPrototypeOf(object)) {
    for (const name of Object.getOwnPropertyNames(object)) if (name !== 'constructor') names.add(name)
  }
  return [...names].sort()
}

describe('the native surface is what its typings say:', () => {
  it('kernels.node', () => {
    expect(exported(loadKernels())).toEqual(declaredMembers('kernels-addon.ts').KernelsAddon)
  })

  // Built where TensorRT's headers are, which CI always has.
  it.each(['v10', 'v11', 'rtx'] as const)('tensorrt-%s.node', (line) => {
    const loaded = tryLoadTensorRt(line)
    if (loaded.addon === undefined) {
      expect(process.env.CI, loaded.reason.message).toBeUndefined()
      return console.warn(`skipped: ${loaded.reason.message}`)
    }
    expect(exported(loaded.addon)).toEqual(declaredMembers('tensorrt-addon.ts').TensorRtAddon)
    expect(loaded.addon.line).toBe(line)
  })

  it('openvino.node', async () => {
    const declared = declaredMembers('openvino-addon.ts')
    const addon = loadOpenVino()
    expect(exported(addon)).toEqual(declared.OpenVinoAddon)
    expect(offered(new addon.Memory(64))).toEqual(declared.NativeMemory)
    const model = await addon.readModel({ bytes: convolutionModel({ layers: 1, channels: 3, size: 8 }), format: 'onnx' })
    expect(offered(model)).toEqual(declared.NativeModel)
    const compiled = await addon.compileModel(model, 'CPU', {})
    expect(offered(compiled)).toEqual(declared.NativeCompiledModel)
    const [request] = await compiled.createRequests(1)
    expect(offered(request as object)).toEqual(declared.NativeRequest)
    request?.close()
    await compiled.close()
    model.close()
  })
})
