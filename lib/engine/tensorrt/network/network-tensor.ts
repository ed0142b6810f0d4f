import type { NetworkType } from './layer-names.js'

/** What a network knows of a tensor, and nobody else. */
export interface TensorRecord {
  readonly number: number
  readonly type: NetworkType | null
  readonly shape: readonly number[] | null
  name: string | null
  dynamicRange: readonly [min: number, max: number] | null
}

/** A tensor of a `TensorRtNetwork`: an input, or what a layer makes. Layers are given it as their input. */
export class NetworkTensor {
  readonly #record: TensorRecord

  /** @internal */
  constructor(record: TensorRecord) {
    this.#record = record
  }

  /** Its number in the network. @internal */
  get number(): number {
    return this.#record.number
  }

  /** As it was given; null where TensorRT names it. */
  get name(): string | null {
    return this.#record.name
  }

  /** Null where only TensorRT knows: behind a plugin. */
  get type(): NetworkType | null {
    return this.#record.type
  }

  /** Lengths, -1 where one is open. Null where only TensorRT knows: behind a plugin, or a reshape to what another tensor says. */
  get shape(): readonly number[] | null {
    return this.#record.shape
  }

  toString(): string {
    const shape = this.shape === null ? 'of unknown shape' : `[${this.shape.join(', ')}]`
    return `${this.name ?? `tensor ${this.number}`} ${shape}`
  }
}
