import { access } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { readNpy } from '../../dataset/npy.js'
import type { NpyArray } from '../../dataset/npy-elements.js'
import { readNpz } from '../../dataset/npz.js'
import type { Port } from '../../engine/backend.js'
import { engineryError } from '../../errors/enginery-error.js'

/** An array from a file, and which input it was given for. */
export interface InputArray {
  /** As the command line names it; null where it does not. */
  readonly input: string | null
  /** Name inside a `.npz` file. */
  readonly entry: string | null
  readonly file: string
  readonly array: NpyArray
}

const pictures = new Set(['.jpg', '.jpeg', '.png', '.bmp', '.gif', '.webp', '.tif', '.tiff', '.heic', '.avif'])

/**
 * Reads the files of `--input`: `file.npy`, `name=file.npy`, `file.npz` (every array of it), `name=file.npz` (its
 * only array, or the one of that name).
 *
 * @throws USAGE_INVALID, FILE_NOT_FOUND and the codes of NumPy files
 */
export async function readInputArrays(specs: readonly string[]): Promise<InputArray[]> {
  const arrays: InputArray[] = []
  for (const spec of specs) arrays.push(...(await readSpec(spec)))
  return arrays
}

async function readSpec(spec: string): Promise<InputArray[]> {
  const { input, file } = await splitSpec(spec)
  const extension = extname(file).toLowerCase()
  if (pictures.has(extension)) {
    throw engineryError('USAGE_INVALID', {
      reason: `--input ${file}: pass pictures with --image, and say with --preset and --decoder what to do with them`,
    })
  }
  if (extension === '.npy') return [{ input, entry: null, file, array: await readNpy(file) }]
  if (extension !== '.npz') {
    throw engineryError('USAGE_INVALID', {
      reason: `--input ${spec}: expected a .npy or .npz file, received ${JSON.stringify(basename(file))}`,
    })
  }
  const entries = Object.entries(await readNpz(file))
  if (input === null) return entries.map(([entry, array]) => ({ input, entry, file, array }))
  const chosen = entries.find(([entry]) => entry === input) ?? (entries.length === 1 ? entries[0] : undefined)
  if (!chosen) {
    const names = entries.map(([entry]) => entry).join(', ') || 'none'
    throw engineryError('USAGE_INVALID', {
      reason: `--input ${spec}: expected one array in the file, or one called ${input}; it holds ${names}`,
    })
  }
  return [{ input, entry: chosen[0], file, array: chosen[1] }]
}

// A path may hold an equals sign, so the whole is tried as a path before it is taken apart.
async function splitSpec(spec: string): Promise<{ input: string | null; file: string }> {
  const index = spec.indexOf('=')
  if (index <= 0) return { input: null, file: spec }
  const whole = await access(spec).then(
    () => true,
    () => false,
  )
  return whole ? { input: null, file: spec } : { input: spec.slice(0, index), file: spec.slice(index + 1) }
}

/**
 * Which array goes to which input. Arrays that the command line names go where it says; those of a `.npz` file by
 * their own name, or in order where they have the names that numpy gives (`arr_0`); a single `.npy` goes to the only input.
 *
 * @returns arrays by the port's first name
 * @throws USAGE_INVALID, INPUT_UNKNOWN
 */
export function assignInputs(arrays: readonly InputArray[], ports: readonly Port[]): Map<string, InputArray> {
  const assigned = new Map<string, InputArray>()
  const assign = (port: Port, array: InputArray) => {
    const other = assigned.get(port.name)
    if (other) {
      throw engineryError('USAGE_INVALID', {
        reason: `--input: both ${describeArray(other)} and ${describeArray(array)} are for input ${port.name}`,
      })
    }
    assigned.set(port.name, array)
  }
  for (const array of arrays) assign(portFor(array, ports, arrays), array)
  return assigned
}

function portFor(array: InputArray, ports: readonly Port[], arrays: readonly InputArray[]): Port {
  const expected = ports.map((port) => port.name)
  const named = (name: string) => ports.find((port) => port.names.includes(name))
  if (array.input !== null) {
    const port = named(array.input)
    if (!port) throw engineryError('INPUT_UNKNOWN', { name: array.input, expected })
    return port
  }
  if (array.entry !== null) {
    const port = named(array.entry) ?? ports[Number(/^arr_(\d+)$/.exec(array.entry)?.[1] ?? Number.NaN)]
    if (port) return port
    if (arrays.length > 1) throw engineryError('INPUT_UNKNOWN', { name: `${array.entry} (in ${array.file})`, expected })
  }
  if (ports.length === 1) return ports[0] as Port
  throw engineryError('USAGE_INVALID', {
    reason: `--input ${array.file}: there are ${ports.length} inputs (${expected.join(', ')}); say which one: name=${array.file}`,
  })
}

export function describeArray({ file, entry }: InputArray): string {
  return entry === null ? file : `${entry} in ${file}`
}
