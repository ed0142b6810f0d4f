import type { EngineMemory, Port, SlotResults } from '../engine/backend.js'
import { fitsShape, formatShape, isStatic } from '../engine/partial-shape.js'
import { describeValue } from '../errors/describe-value.js'
import { engineryError } from '../errors/enginery-error.js'
import { countElements } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { beginWrite, endWrite, isTensor, nativeMemoryOf, wrapArray, wrapMemory } from '../tensor/tensor-internals.js'
import { describePort } from './bind-inputs.js'

/** Tensors to write into, by output name. Each must come from `Tensor.allocate`. */
export type OutputTensors = Readonly<Record<string, Tensor>>

/** Output tensors by name. They belong to the caller: see the ownership notes on {@link Tensor}. */
export type InferenceResult = Record<string, Tensor>

/** Output tensors of the caller's, positional; undefined where the engine provides the memory. */
export interface BoundOutputs {
  readonly memories: (EngineMemory | undefined)[]
  readonly tensors: (Tensor | undefined)[]
}

/**
 * Checks and reserves the caller's output tensors. They count as in use until {@link releaseOutputs}.
 * @throws OUTPUT_UNKNOWN, OUTPUT_INVALID, TENSOR_IN_USE
 */
export function bindOutputs(ports: readonly Port[], outputs: OutputTensors): BoundOutputs {
  const memories: (EngineMemory | undefined)[] = new Array(ports.length).fill(undefined)
  const tensors: (Tensor | undefined)[] = new Array(ports.length).fill(undefined)
  try {
    for (const name of Object.keys(outputs)) {
      const tensor = outputs[name] as Tensor
      const index = ports.findIndex((port) => port.name === name || port.names.includes(name))
      const port = ports[index]
      if (!port) throw engineryError('OUTPUT_UNKNOWN', { name, expected: ports.map((other) => other.name) })
      if (tensors[index]) throw givenTwice(port, name)
      memories[index] = checkedMemory(port, tensor)
      if (!beginWrite(tensor)) throw engineryError('TENSOR_IN_USE', { what: `The tensor for output ${name}` })
      tensors[index] = tensor
    }
  } catch (error) {
    releaseOutputs({ memories, tensors })
    throw error
  }
  return { memories, tensors }
}

export function releaseOutputs(outputs: BoundOutputs | undefined): void {
  if (!outputs) return
  for (const tensor of outputs.tensors) if (tensor) endWrite(tensor)
}

function givenTwice(port: Port, name: string): Error {
  const expected = `one tensor ${describePort(port)}`
  return engineryError('OUTPUT_INVALID', { name: port.name, expected, received: `a second one as ${name}` })
}

function checkedMemory(port: Port, tensor: Tensor): EngineMemory {
  const refuse = (received: string) =>
    engineryError('OUTPUT_INVALID', {
      name: port.name,
      expected: `a tensor ${describePort(port)} from Tensor.allocate`,
      received,
    })
  if (!isTensor(tensor)) throw refuse(describeValue(tensor))
  if (!isStatic(port.shape)) throw refuse(`one for ${describePort(port)}, whose size is known only afterwards`)
  if (tensor.type !== port.type || !fitsShape(port.shape, tensor.shape)) {
    throw refuse(`${tensor.type}${formatShape(tensor.shape)}`)
  }
  if (tensor.released) throw engineryError('TENSOR_RELEASED', { type: tensor.type, shape: tensor.shape })
  const memory = nativeMemoryOf(tensor)
  if (!memory) throw refuse('a tensor over memory of JavaScript')
  if (memory.buffer.byteLength === 0 && tensor.size > 0) throw engineryError('TENSOR_DETACHED', { what: `output ${port.name}` })
  return memory
}

interface OutputPort {
  readonly name: string
  readonly type: Port['type']
  /** Frozen and shared by all tensors of this output; undefined where the shape is dynamic. */
  readonly shape: readonly number[] | undefined
  readonly size: number
}

/** Makes tensors of a slot's raw results. */
export class OutputCollector {
  readonly #ports: readonly OutputPort[]

  constructor(ports: readonly Port[]) {
    this.#ports = ports.map(({ name, type, shape }) => {
      const fixed = isStatic(shape) ? Object.freeze([...shape]) : undefined
      return { name, type, shape: fixed, size: fixed ? countElements(fixed) : 0 }
    })
  }

  collect(results: SlotResults, given: BoundOutputs | undefined): InferenceResult {
    const collected: InferenceResult = {}
    const ports = this.#ports
    const count = ports.length
    for (let i = 0; i < count; i++) {
      const port = ports[i] as OutputPort
      const shape = port.shape ?? Object.freeze(results[count + i] as number[])
      const size = port.shape ? port.size : countElements(shape)
      const raw = results[i]
      collected[port.name] =
        given?.tensors[i] ??
        (Array.isArray(raw)
          ? wrapArray(raw as string[], 'string', shape, size)
          : wrapMemory(raw as ArrayBuffer | EngineMemory, port.type, shape, size))
    }
    return collected
  }
}
