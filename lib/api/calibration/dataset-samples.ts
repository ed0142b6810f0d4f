import type { NamedTensors } from '../../calibration/calibration-runner.js'
import type { SampleInput } from '../../calibration/prepare-samples.js'
import { markSpare } from '../../calibration/spare-tensors.js'
import type { Dataset } from '../../dataset/annotations.js'
import { type BrokenSample, readSamples, type SampleStream } from '../../dataset/read-samples.js'
import { subsample } from '../../dataset/subsample.js'
import { engineryError } from '../../errors/enginery-error.js'
import { decodeImage } from '../../image/decode-image.js'
import { freeMemory } from '../../image/free-memory.js'
import { createPreprocessor, type Preprocessor } from '../../preprocess/create-preprocessor.js'
import type { InputPort } from '../../preprocess/input-port.js'
import type { CalibrationSettings } from '../../quantization/quantize-options.js'
import { type ElementType, isElementType } from '../../tensor/element-type.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { CalibrationSource } from './calibration-source.js'
import { convertSample } from './convert-sample.js'

/** Pictures, prepared as the description says, or tensors of a dataset; drawn from all, with their classes in proportion. */
export function samplesFromDataset(
  dataset: Dataset,
  settings: CalibrationSettings,
  inputs: readonly SampleInput[],
  signal: AbortSignal | undefined,
): CalibrationSource {
  const drawn = subsample(dataset, { count: settings.samples, seed: settings.seed })
  const preprocessor = drawn.samples.some(({ path }) => path !== undefined) ? preparePictures(settings, inputs) : null
  const broken = new BrokenPictures()
  return {
    samples: () => read(drawn, { settings, inputs, preprocessor, broken, signal }),
    isRepeatable: true,
    count: drawn.samples.length,
    identity: async () => `dataset ${drawn.digest}`,
    preprocess: preprocessor?.digest ?? null,
    description: `${drawn.samples.length === dataset.samples.length ? '' : `${drawn.samples.length} of `}${dataset.samples.length} samples (${dataset.format})`,
    broken: broken.list,
    close: async () => {},
  }
}

function preparePictures({ preprocess }: CalibrationSettings, inputs: readonly SampleInput[]): Preprocessor {
  const invalid = (reason: string) =>
    engineryError('OPTION_INVALID', { caller: 'quantize', option: 'calibration.preprocess', reason })
  if (preprocess === undefined) {
    throw invalid('expected a description, since the samples are pictures: for example { preset: "imagenet" }')
  }
  const [input, ...others] = inputs
  if (input === undefined || others.length > 0) {
    const names = inputs.map(({ name }) => name).join(', ') || 'none'
    throw invalid(`expected a model with one input, for pictures; this one has ${names}`)
  }
  return createPreprocessor(preprocess, portOf(input))
}

function portOf({ name, elementType, shape }: SampleInput): InputPort {
  return {
    name,
    type: (elementType !== null && isElementType(elementType) ? elementType : 'f32') as ElementType,
    shape: shape === null ? null : shape.map((length) => (typeof length === 'number' ? length : 'dynamic')),
  }
}

/** Of all passes together: some read but the first samples, and several may read at the same time. */
class BrokenPictures {
  readonly list: { id: string; reason: string }[] = []
  readonly #known = new Set<number>()

  add(found: readonly BrokenSample[]): void {
    for (const { index, id, error } of found) {
      if (this.#known.has(index)) continue
      this.#known.add(index)
      this.list.push({ id, reason: error.message })
    }
  }
}

interface Reading {
  readonly settings: CalibrationSettings
  readonly inputs: readonly SampleInput[]
  readonly preprocessor: Preprocessor | null
  readonly broken: BrokenPictures
  readonly signal: AbortSignal | undefined
}

async function* read(
  dataset: Dataset,
  { settings, inputs, preprocessor, broken, signal }: Reading,
): AsyncGenerator<NamedTensors, void, undefined> {
  const [sole] = inputs
  const stream: SampleStream<Tensor> = readSamples(dataset, {
    ahead: settings.ahead,
    onBroken: settings.onBroken,
    ...(signal && { signal }),
    async decode(path, context) {
      const image = await decodeImage(path, { signal: context.signal })
      try {
        const { tensor } = await (preprocessor as Preprocessor).run(image)
        markSpare(tensor)
        return tensor
      } finally {
        freeMemory(image.data)
      }
    },
  })
  try {
    for await (const { index, picture, tensors } of stream) {
      if (picture !== undefined) yield { [(sole as SampleInput).name]: picture }
      else yield convertSample(renameSole(tensors ?? {}, inputs), inputs, index)
    }
  } finally {
    broken.add(stream.broken)
  }
}

/** The only tensor of a sample is the only input's, whatever it is called. */
function renameSole(tensors: NamedTensors, inputs: readonly SampleInput[]): NamedTensors {
  const [tensor, ...others] = Object.values(tensors)
  const [input, ...rest] = inputs
  if (tensor === undefined || input === undefined || others.length > 0 || rest.length > 0) return tensors
  return { [input.name]: tensor }
}
