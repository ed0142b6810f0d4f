import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { scaleConstants } from '../../lib/calibration/tensorrt/constant-scales.js'
import { listTableTensors } from '../../lib/calibration/tensorrt/table-tensors.js'
import { findQuantization } from '../../lib/graph/find-quantization.js'
import { graphFromOnnx } from '../../lib/graph/graph-from-onnx.js'
import { loadOnnxModel } from '../../lib/model/onnx-file.js'
import { dataFolder, hasData } from '../data-folder.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

const program = join(import.meta.dirname, 'programs', 'describe-with-ten.mjs')
const nothing = { flags: { int8: true }, memoryPools: {}, previewFeatures: {}, choices: {}, numbers: {} }

interface Described {
  kind: string
  unmatchedRanges: string[]
}

// TensorRT says which of the names that ranges were given for no tensor of its network has.
describeWithTensorRt('TensorRT 10.15', 'names of calibration tables, held against what its ONNX parser makes', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-names-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function findUnmatched(model: string, names: readonly string[]): Promise<Described> {
    const dynamicRanges = Object.fromEntries(names.map((name) => [name, [-1, 1]]))
    const request = { model, settings: nothing, dynamicRanges, onlyDescribe: true }
    await writeFile(join(folder, 'request.json'), JSON.stringify(request))
    const env = { ...process.env, TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
    const args = [program, coreLibraries['TensorRT 10.15'], join(folder, 'request.json')]
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 2 ** 28 })
    return JSON.parse(stdout.slice(stdout.lastIndexOf('{"kind"'))) as Described
  }

  it.runIf(hasData)('every tensor of every trained model is called as TensorRT calls it, constants too', async () => {
    const models = (await readdir(join(dataFolder, 'models'))).filter((name) => name.endsWith('.onnx'))
    let tensors = 0
    for (const name of models) {
      const path = join(dataFolder, 'models', name)
      const graph = graphFromOnnx(await loadOnnxModel(path), name)
      if (findQuantization(graph) !== null) continue
      const names = listTableTensors(graph)
      const constants = [...scaleConstants(graph).keys()]
      const described = await findUnmatched(path, [...names, ...constants, 'nobody'])
      expect(described.kind, name).toBe('described')
      expect(
        described.unmatchedRanges.filter((tensor) => names.includes(tensor)),
        name,
      ).toEqual([])
      expect(described.unmatchedRanges, name).toContain('nobody')
      // Some constants become part of a layer: a scale too many does no harm.
      const matched = constants.filter((tensor) => !described.unmatchedRanges.includes(tensor))
      expect(matched.length, `${name}: constants, of ${constants.length}`).toBeGreaterThanOrEqual(constants.length * 0.9)
      tensors += names.length
    }
    expect(tensors).toBeGreaterThan(0)
  })
})
