import type { Port, SlotInput } from '../engine/backend.js'
import { fitsShape, formatShape, isStatic } from '../engine/partial-shape.js'
import { describeValue } from '../errors/describe-value.js'
import { engineryError } from '../errors/enginery-error.js'
import { type ElementType, elementTypes } from '../tensor/element-type.js'
import type { Tensor } from '../tensor/tensor.js'
import { isBeingWritten, isTensor, nativeMemoryOf } from '../tensor/tensor-internals.js'

/** A typed array of the input's element type (raw bits for f16 and bf16, packed bytes for i4 and u4). */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array

export type InputValue = Tensor | TypedArray | readonly string[]

/** Values by input name; for an engine with one input, the value itself. */
export type InferenceInputs = InputValue | Readonly<Record<string, InputValue>>

/** What a slot takes: positional, checked. */
export interface BoundInputs {
  readonly values: SlotInput[]
  /** Present if any input is dynamic. */
  readonly shapes: (number[] | undefined)[] | undefined
}

/** Knows an engine's inputs and turns what callers pass into what a slot takes. */
export class InputBinder {
  readonly #ports: readonly BoundPort[]
  readonly #hasDynamic: boolean

  constructor(inputs: readonly Port[]) {
    this.#ports = inputs.map(boundPort)
    this.#hasDynamic = this.#ports.some((port) => port.size === undefined)
  }

  /**
   * @throws INPUT_MISSING, INPUT_UNKNOWN, INPUT_INVALID, INPUT_TYPE, INPUT_SHAPE, INPUT_SHAPE_NEEDED, INPUT_SIZE,
   * TENSOR_RELEASED, TENSOR_DETACHED, TENSOR_IN_USE
   */
  bind(inputs: InferenceInputs): BoundInputs {
    const ports = this.#ports
    const count = ports.length
    const values: SlotInput[] = new Array(count)
    const shapes: (number[] | undefined)[] | undefined = this.#hasDynamic ? new Array(count) : undefined
    if (isBareValue(inputs)) {
      if (count !== 1) throw this.#missing(inputs)
      values[0] = bindValue(ports[0] as BoundPort, inputs, shapes, 0)
      return { values, shapes }
    }
    if (typeof inputs !== 'object' || inputs === null) throw this.#missing(inputs)
    let used = 0
    for (let i = 0; i < count; i++) {
      const port = ports[i] as BoundPort
      const value = pickValue(inputs, port.port)
      if (value === undefined) throw this.#missing(inputs, port.port)
      values[i] = bindValue(port, value, shapes, i)
      used++
    }
    let passed = 0
    for (const _ in inputs) passed++
    if (passed !== used) this.#refuseUnknown(inputs)
    return { values, shapes }
  }

  #missing(inputs: unknown, port: Port | undefined = this.#ports[0]?.port): Error {
    if (!port) return engineryError('INPUT_UNKNOWN', { name: describeValue(inputs), expected: 'none: pass {}' })
    return engineryError('INPUT_MISSING', {
      name: port.name,
      expected: this.#ports.map((other) => `${other.port.name}: ${describePort(other.port)}`).join(', '),
      received:
        isBareValue(inputs) || typeof inputs !== 'object' || inputs === null
          ? describeValue(inputs)
          : `only ${Object.keys(inputs).join(', ') || 'an empty object'}`,
    })
  }

  #refuseUnknown(inputs: object): void {
    const known = new Set(this.#ports.flatMap(({ port }) => port.names))
    for (const name of Object.keys(inputs)) {
      if (!known.has(name)) throw engineryError('INPUT_UNKNOWN', { name, expected: this.#ports.map(({ port }) => port.name) })
    }
  }
}

interface BoundPort {
  readonly port: Port
  /** Elements; undefined where the shape is dynamic. */
  readonly size: number | undefined
  /** Length of the typed array that holds them (half of `size` for i4 and u4). */
  readonly length: number | undefined
  readonly arrayName: string
}

function boundPort(port: Port): BoundPort {
  const facts = elementTypes[port.type]
  const size = isStatic(port.shape) ? port.shape.reduce((product, length) => product * length, 1) : undefined
  const length = size !== undefined && facts.bits !== null && facts.bits < 8 ? Math.ceil((size * facts.bits) / 8) : size
  return { port, size, length, arrayName: facts.array?.name ?? 'Array' }
}

function isBareValue(inputs: unknown): inputs is InputValue {
  return isTensor(inputs) || ArrayBuffer.isView(inputs) || Array.isArray(inputs)
}

function pickValue(inputs: Readonly<Record<string, InputValue>>, port: Port): InputValue | undefined {
  const value = inputs[port.name]
  if (value !== undefined || port.names.length === 1) return value
  for (const name of port.names) if (inputs[name] !== undefined) return inputs[name]
  return undefined
}

function bindValue(bound: BoundPort, value: InputValue, shapes: (number[] | undefined)[] | undefined, index: number): SlotInput {
  const { port } = bound
  if (isTensor(value)) {
    if (value.type !== port.type) throw wrongType(port, value.type)
    if (!sameShape(port.shape, value.shape)) {
      throw engineryError('INPUT_SHAPE', {
        name: port.name,
        expected: formatShape(port.shape),
        received: formatShape(value.shape),
      })
    }
    if (isBeingWritten(value)) throw engineryError('TENSOR_IN_USE', { what: `The tensor for input ${port.name}` })
    if (bound.size === undefined && shapes) shapes[index] = value.shape as number[]
    const memory = nativeMemoryOf(value)
    if (memory === null) return ownStrings(value.data as ArrayBufferView | string[])
    // Moved away by ArrayBuffer.prototype.transfer: the pages belong to another buffer now.
    if (memory.buffer.byteLength === 0 && value.size > 0) throw engineryError('TENSOR_DETACHED', { what: `input ${port.name}` })
    return memory
  }
  if (bound.size === undefined) throw engineryError('INPUT_SHAPE_NEEDED', { name: port.name, expected: formatShape(port.shape) })
  if (ArrayBuffer.isView(value)) {
    // A clamped array and a Buffer hold the same bytes as a Uint8Array.
    const view = value as TypedArray
    const name: string = view[Symbol.toStringTag]
    if (name !== bound.arrayName && !(bound.arrayName === 'Uint8Array' && name === 'Uint8ClampedArray')) {
      throw wrongType(port, describeValue(value))
    }
    if (view.length !== bound.length) throw wrongLength(bound, view)
    return view
  }
  if (port.type === 'string' && Array.isArray(value)) {
    if (value.length !== bound.size)
      throw engineryError('INPUT_SIZE', { name: port.name, expected: `${bound.size} strings`, received: String(value.length) })
    return ownStrings(value as string[])
  }
  throw engineryError('INPUT_INVALID', { name: port.name, received: describeValue(value) })
}

// Copied here, where getters of the array can still do no harm: from here on nothing of the caller's runs.
function ownStrings(value: ArrayBufferView | string[]): ArrayBufferView | string[] {
  return Array.isArray(value) ? [...value] : value
}

function sameShape(partial: Port['shape'], shape: readonly number[]): boolean {
  return fitsShape(partial, shape)
}

function wrongType(port: Port, received: string): Error {
  const facts = elementTypes[port.type as ElementType]
  return engineryError('INPUT_TYPE', { name: port.name, expected: `${port.type} (${facts.array?.name ?? 'string[]'})`, received })
}

function wrongLength(bound: BoundPort, view: TypedArray): Error {
  if (view.length === 0 && view.buffer.byteLength === 0 && bound.length !== 0) {
    return engineryError('TENSOR_DETACHED', { what: `input ${bound.port.name}` })
  }
  return engineryError('INPUT_SIZE', {
    name: bound.port.name,
    expected: `${bound.length} elements for ${describePort(bound.port)}`,
    received: `${view.length} elements`,
  })
}

export function describePort(port: Port): string {
  return `${port.type}${formatShape(port.shape)}`
}
