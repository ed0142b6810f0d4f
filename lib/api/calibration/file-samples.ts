import type { NamedTensors } from '../../calibration/calibration-runner.js'
import type { SampleInput } from '../../calibration/prepare-samples.js'
import { markSpare } from '../../calibration/spare-tensors.js'
import type { NpyArray } from '../../dataset/npy-elements.js'
import { readAhead } from '../../dataset/read-ahead.js'
import { seededRandom, shuffled } from '../../dataset/seeded-random.js'
import type { TensorFiles } from '../../dataset/tensor-files.js'
import type { CalibrationSettings } from '../../quantization/quantize-options.js'
import { Tensor } from '../../tensor/tensor.js'
import type { TensorArray } from '../../tensor/tensor-array.js'
import type { CalibrationSource } from './calibration-source.js'
import { convertSample } from './convert-sample.js'

/** Rows of arrays in files; where there are more than are wanted, they are drawn. */
export function samplesFromFiles(
  files: TensorFiles,
  { samples, seed, ahead }: CalibrationSettings,
  inputs: readonly SampleInput[],
): CalibrationSource {
  const rows = drawRows(files.count, samples, seed)
  const load = async (at: number): Promise<NamedTensors> => {
    const arrays = await files.read(rows[at] as number)
    const sample = convertSample(nameArrays(arrays, inputs), inputs, rows[at] as number)
    for (const tensor of Object.values(sample)) markSpare(tensor)
    return sample
  }
  return {
    samples: () => readAhead(rows.length, ahead, load),
    isRepeatable: true,
    count: rows.length,
    identity: async () => `files ${await files.digest()} ${rows.length === files.count ? 'all' : `${samples} ${seed}`}`,
    description: describe(files, rows.length),
    preprocess: null,
    broken: [],
    close: () => files.close(),
  }
}

function describe({ paths, count }: TensorFiles, drawn: number): string {
  const [first, second] = paths
  const where =
    paths.length <= 2 ? [first, second].filter(Boolean).join(' and ') : `${paths.length} files beginning with ${first}`
  return `${drawn === count ? '' : `${drawn} of `}${count} samples of ${where}`
}

/** Drawn, but in their order, so that files are read from front to back. */
function drawRows(count: number, wanted: number, seed: number): readonly number[] {
  const all = Array.from({ length: count }, (_, row) => row)
  if (wanted >= count) return all
  return shuffled(all, seededRandom(seed))
    .slice(0, wanted)
    .sort((a, b) => a - b)
}

function nameArrays(arrays: Readonly<Record<string, NpyArray>>, inputs: readonly SampleInput[]): Record<string, Tensor> {
  const [sole] = inputs
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { type, shape, data }]) => {
      const input = inputs.length === 1 && sole ? sole : inputs.find((each) => each.name === name)
      // A row has a first dimension of 1, unless it is a batch of the model's already.
      const isWhole = input?.shape?.length === shape.length - 1
      return [input?.name ?? name, Tensor.from(data as TensorArray, isWhole ? shape.slice(1) : shape, type)]
    }),
  )
}
