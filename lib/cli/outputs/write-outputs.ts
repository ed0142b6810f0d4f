import { mkdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { writeNpy } from '../../dataset/npy.js'
import { writeNpz } from '../../dataset/npz.js'
import type { Port } from '../../engine/backend.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { InferenceResult } from '../../inference/collect-outputs.js'
import type { Tensor } from '../../tensor/tensor.js'
import { describeWriteError } from '../files/describe-file-error.js'

/** Where one or all outputs go. */
export interface OutputTarget {
  /** Null: all of them. */
  readonly output: string | null
  readonly kind: 'npy' | 'npz' | 'folder'
  readonly path: string
}

/**
 * Reads the texts of `--output`: `out.npy`, `name=out.npy`, `all.npz`, `folder/` (or `folder`).
 *
 * @throws USAGE_INVALID before anything is computed
 */
export function parseOutputTargets(specs: readonly string[]): OutputTarget[] {
  return specs.map((spec) => {
    const [, output = null, path = spec] = /^([^=/\\]+)=(.+)$/s.exec(spec) ?? []
    const extension = extname(path).toLowerCase()
    const isFolder = /[/\\]$/.test(path) || extension === ''
    const kind = isFolder ? 'folder' : extension === '.npy' ? 'npy' : extension === '.npz' ? 'npz' : null
    if (kind === null || (output !== null && kind !== 'npy')) {
      const expected = output === null ? 'a .npy file, a .npz file or a folder' : 'a .npy file for a single output'
      throw engineryError('USAGE_INVALID', { reason: `--output ${spec}: expected ${expected}; to get JSON, pass --json` })
    }
    return { output, kind, path }
  })
}

/** Whether the targets fit the engine's outputs. @throws OUTPUT_UNKNOWN, USAGE_INVALID */
export function checkOutputTargets(targets: readonly OutputTarget[], ports: readonly Port[]): void {
  const names = ports.map((port) => port.name)
  for (const { output, kind, path } of targets) {
    if (output !== null && !ports.some((port) => port.names.includes(output))) {
      throw engineryError('OUTPUT_UNKNOWN', { name: output, expected: names })
    }
    if (output === null && kind === 'npy' && ports.length > 1) {
      throw engineryError('USAGE_INVALID', {
        reason: `--output ${path}: there are ${ports.length} outputs (${names.join(', ')}); write them all to a .npz file or a folder, or say which one: ${names[0]}=${path}`,
      })
    }
  }
}

/** @returns the files that each output was written to, by output name */
export async function writeOutputs(
  targets: readonly OutputTarget[],
  ports: readonly Port[],
  result: InferenceResult,
): Promise<Map<string, string[]>> {
  const written = new Map<string, string[]>(ports.map((port) => [port.name, []]))
  const note = (name: string, file: string) => written.get(name)?.push(file)
  for (const { output, kind, path } of targets) {
    const chosen = ports.filter((port) => output === null || port.names.includes(output))
    if (kind === 'npz') {
      await writeNpz(path, Object.fromEntries(chosen.map((port) => [port.name, storable(result[port.name] as Tensor)])))
      for (const port of chosen) note(port.name, path)
      continue
    }
    if (kind === 'folder') await createFolder(path)
    const files = kind === 'folder' ? fileNames(chosen).map((name) => join(path, name)) : [path]
    for (const [index, port] of chosen.entries()) {
      const file = files[index] as string
      await writeNpy(file, storable(result[port.name] as Tensor))
      note(port.name, file)
    }
  }
  return written
}

// NumPy knows neither bfloat16 nor four-bit integers; float32 holds both exactly.
function storable(tensor: Tensor): { type: Tensor['type']; shape: readonly number[]; data: Tensor['data'] } {
  const { type, shape } = tensor
  if (type === 'bf16' || type === 'i4' || type === 'u4') return { type: 'f32', shape, data: tensor.toFloat32() }
  return { type, shape, data: tensor.data }
}

async function createFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    throw describeWriteError(error, path)
  }
}

/** File names for outputs, whose own names may hold slashes and more. No two are the same. */
export function fileNames(ports: readonly Port[]): string[] {
  const taken = new Set<string>()
  return ports.map(({ name }) => {
    const stem =
      name
        .replace(/[^\w.-]+/g, '_')
        .replace(/^\.+/, '_')
        .slice(0, 100) || 'output'
    let file = `${stem}.npy`
    for (let count = 2; taken.has(file.toLowerCase()); count++) file = `${stem}-${count}.npy`
    taken.add(file.toLowerCase())
    return file
  })
}
