import { readModelInputs } from '../../api/inspection/read-model-with-engine.js'
import type { Port } from '../../engine/backend.js'
import { fitsShape, formatShape, isStatic } from '../../engine/partial-shape.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { InferenceInputs } from '../../inference/bind-inputs.js'
import { detectModelFormat } from '../../model/model-format.js'
import { Tensor } from '../../tensor/tensor.js'
import type { EngineConfig } from '../config/config-schema.js'
import type { Target } from '../open-engine.js'
import { castArray } from './cast-array.js'
import { randomTensor } from './random-tensor.js'
import { assignInputs, describeArray, type InputArray } from './read-inputs.js'

export interface InputSettings {
  readonly cast?: boolean | undefined
  readonly seed?: number | undefined
  readonly inputShapes?: Record<string, number[]> | undefined
}

export const defaultSeed = 1

/** Inputs ready to be passed, and where each came from. */
export interface PreparedInputs {
  readonly inputs: InferenceInputs & Record<string, Tensor>
  readonly sources: readonly {
    readonly name: string
    readonly type: string
    readonly shape: readonly number[]
    readonly source: string
  }[]
}

/**
 * Fits arrays and, where `random` allows it, made-up values to an engine's inputs. All of them lie in native memory, so that
 * inference takes them without a copy.
 *
 * @throws INPUT_MISSING, INPUT_SHAPE_NEEDED, INPUT_TYPE, INPUT_UNKNOWN, USAGE_INVALID
 */
export function prepareInputs(
  ports: readonly Port[],
  arrays: readonly InputArray[],
  settings: InputSettings,
  random: boolean,
): PreparedInputs {
  const assigned = assignInputs(arrays, ports)
  const seed = settings.seed ?? defaultSeed
  const inputs: Record<string, Tensor> = {}
  const sources: PreparedInputs['sources'][number][] = []
  for (const port of ports) {
    const given = assigned.get(port.name)
    const tensor = given
      ? tensorOf(given, port, settings.cast ?? false)
      : random
        ? randomTensor(port, randomShape(port, settings), seed)
        : missing(port, ports, assigned)
    inputs[port.name] = tensor
    const source = given ? describeArray(given) : `random values, seed ${seed}`
    sources.push({ name: port.name, type: tensor.type, shape: tensor.shape, source })
  }
  return { inputs, sources }
}

function tensorOf({ array }: InputArray, port: Port, cast: boolean): Tensor {
  // Raw bits of types that numpy does not have come as unsigned integers of the same size.
  const isBits = port.type === 'bf16' && array.type === 'u16'
  const fitting = cast && !isBits ? castArray(array, port.type, port.name) : array
  return Tensor.copyOf(Tensor.from(fitting.data, fitting.shape, isBits ? port.type : fitting.type))
}

function randomShape(port: Port, { inputShapes }: InputSettings): readonly number[] {
  const given = port.names.map((name) => inputShapes?.[name]).find((shape) => shape !== undefined)
  if (given) {
    if (!fitsShape(port.shape, given)) {
      throw engineryError('INPUT_SHAPE', { name: port.name, expected: formatShape(port.shape), received: formatShape(given) })
    }
    return given
  }
  if (isStatic(port.shape)) return port.shape
  throw engineryError('USAGE_INVALID', {
    reason: `input ${port.name} has the open shape ${formatShape(port.shape)}: say the shape of its random values with --input-shape ${port.name}=...`,
  })
}

function missing(port: Port, ports: readonly Port[], assigned: ReadonlyMap<string, unknown>): never {
  const expected = ports.map((other) => `${other.name}: ${other.type}${formatShape(other.shape)}`).join(', ')
  const received =
    assigned.size === 0
      ? 'none (--input file.npy gives it, --random-input makes values up)'
      : `only ${[...assigned.keys()].join(', ')}`
  throw engineryError('INPUT_MISSING', { name: port.name, expected, received })
}

/**
 * Options under which a model that leaves dimensions open is built for the very arrays it is to be run on. Shapes that the
 * model or the caller fixes are never touched.
 *
 * @returns the options, and a note per shape that was taken from a file
 */
export async function shapesFromArrays(
  target: Target,
  options: EngineConfig,
  arrays: readonly InputArray[],
  inputShapes: Record<string, number[]> = {},
) {
  const notes: string[] = []
  const nothing = { options, notes }
  const requested = options.shapes ?? {}
  if (target.kind === 'engine' || requested === 'dynamic' || options.preprocess !== undefined) return nothing
  if (arrays.length === 0 && Object.keys(inputShapes).length === 0) return nothing
  const ports = await readModelInputs(await detectModelFormat(target.path))
  const assigned = assignInputs(arrays, ports)
  const shapes: Record<string, number[]> = {}
  for (const port of ports) {
    const array = assigned.get(port.name)
    const shape = array?.array.shape ?? port.names.map((name) => inputShapes[name]).find((given) => given !== undefined)
    const isGiven = port.names.some((name) => Object.hasOwn(requested, name))
    if (!shape || isGiven || isStatic(port.shape) || !fitsShape(port.shape, shape)) continue
    shapes[port.name] = [...shape]
    notes.push(
      `${port.name} is built for ${formatShape(shape)}, the shape of ${array ? describeArray(array) : '--input-shape'}; the model leaves ${formatShape(port.shape)} open`,
    )
  }
  return { options: { ...options, shapes: { ...requested, ...shapes } }, notes }
}
