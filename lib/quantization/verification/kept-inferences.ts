import type { NamedTensors } from '../../calibration/calibration-runner.js'
import { bytesOfAnswers, digestInputs, type FloatAnswers, mostAnswerBytes } from '../../calibration/float-answers.js'
import type { InferenceWitness } from '../../calibration/inference-witness.js'
import { Tensor } from '../../tensor/tensor.js'
import { type FloatOutputs, keepOutputs, ReferenceOutputs } from './reference-outputs.js'

/** Bytes of inputs, and as many of outputs: enough for a dozen pictures of detection. */
const mostBytes = 24 << 20

/** With so many the comparison is settled; more of them must be small. */
const enough = 12
const mostBytesOfMore = 10 << 20

/** A check of one inference would hang on chance, so two are kept however large they are. */
const least = 2

export interface KeptInference {
  readonly inputs: NamedTensors
  readonly float: FloatOutputs
}

/** The first inferences of the float model, to be compared with those of a quantized one. Memory is bounded. */
export class KeptInferences implements InferenceWitness {
  readonly #inputs = new Map<number, NamedTensors>()
  readonly #outputs = new Map<number, FloatOutputs>()
  wantsOutputs = true
  #inputBytes = 0
  #outputBytes = 0

  /** @param most inferences that are kept */
  constructor(readonly most: number) {}

  get isFull(): boolean {
    return this.#outputs.size >= this.most
  }

  seeInputs(inference: number, inputs: NamedTensors): void {
    const bytes = bytesOf(inputs)
    const { size } = this.#inputs
    // What follows a sample that is too large is not kept either: which are kept must not hang on their order.
    const isDone = size > 0 && !this.#inputs.has(inference - 1)
    if (isDone || size >= this.most || isTooMuch(size, this.#inputBytes + bytes)) return
    this.#inputBytes += bytes
    const copies = Object.entries(inputs).map(([name, tensor]) => [name, copyTensor(tensor)] as const)
    this.#inputs.set(inference, Object.fromEntries(copies))
  }

  seeOutputs(inference: number, outputs: NamedTensors): void {
    if (!this.#inputs.has(inference)) return
    const bytes = bytesOf(outputs)
    if (isTooMuch(this.#outputs.size, this.#outputBytes + bytes)) {
      this.#outputBytes = Number.POSITIVE_INFINITY
      return
    }
    this.#outputBytes += bytes
    this.#outputs.set(inference, keepOutputs(outputs))
  }

  /** Takes outputs that were kept by an earlier call; false, and nothing taken, where they are not of these very inputs. */
  recall({ most, inferences }: FloatAnswers): boolean {
    const inputs = this.listInputs()
    if (most < this.most || inferences.length < inputs.length || inputs.length === 0) return false
    if (!inputs.every((each, index) => inferences[index]?.inputs === digestInputs(each))) return false
    for (const index of inputs.keys()) this.#outputs.set(index, (inferences[index] as FloatAnswers['inferences'][number]).outputs)
    return true
  }

  /** What {@link recall} takes; null where that is more than is kept, or where there is nothing. */
  answers(scale: FloatAnswers['scale']): FloatAnswers | null {
    const inferences = this.list().map(({ inputs, float }) => ({ inputs: digestInputs(inputs), outputs: float }))
    const answers = { most: this.most, inferences, scale }
    return inferences.length === 0 || bytesOfAnswers(answers) > mostAnswerBytes ? null : answers
  }

  /** In order. */
  listInputs(): NamedTensors[] {
    return [...this.#inputs.values()]
  }

  /** Those of which both sides were seen, in order. */
  list(): KeptInference[] {
    return [...this.#outputs].map(([inference, float]) => ({ inputs: this.#inputs.get(inference) as NamedTensors, float }))
  }
}

function isTooMuch(size: number, bytes: number): boolean {
  return size >= least && bytes > (size < enough ? mostBytes : mostBytesOfMore)
}

function bytesOf(tensors: NamedTensors): number {
  return Object.values(tensors).reduce((sum, tensor) => sum + (tensor.type === 'string' ? 0 : tensor.byteLength), 0)
}

function copyTensor(tensor: Tensor): Tensor {
  return Tensor.from((tensor.data as Float32Array).slice(), tensor.shape, tensor.type)
}

const references = new WeakMap<readonly KeptInference[], ReferenceOutputs>()

/** What the float model made of these inferences; looked at once for a list. */
export function referenceOf(kept: readonly KeptInference[]): ReferenceOutputs {
  const known = references.get(kept)
  if (known !== undefined) return known
  const batch = Object.values(kept[0]?.inputs ?? {})[0]?.shape[0] ?? 1
  const reference = new ReferenceOutputs(
    kept.map(({ float }) => float),
    batch,
  )
  references.set(kept, reference)
  return reference
}
