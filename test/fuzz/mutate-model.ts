import { mutateBytes, replaceByNoise, truncateBytes } from './mutate-bytes.js'
import { mutateOnnx } from './mutate-onnx.js'
import { mutateXml } from './mutate-xml.js'
import type { SeedModel } from './seed-models.js'
import { SeededRandom } from './seeded-random.js'

/** A damaged model, as it is written to disk. */
export interface DamagedModel {
  readonly extension: '.onnx' | '.xml' | '.tflite'
  readonly bytes: Buffer
  readonly weights: Buffer | null
  /** Whether to keep open dimensions open. */
  readonly dynamic: boolean
  /** What was damaged, and how to get it again. */
  readonly what: string
}

/** The damaged model of this number: always the same. */
export function mutateModel(model: SeedModel, number: number): DamagedModel {
  const random = new SeededRandom(`${model.name} ${number}`)
  const damage = model.format === 'ir' ? mutateIr(model, random) : mutateFile(model, random)
  return damagedModel(model, damage, `${model.name} number ${number}: ${damage.what}`)
}

/** Other contents in place of a sound model's. */
export function damagedModel(model: SeedModel, contents: Pick<SeedModel, 'bytes' | 'weights'>, what: string): DamagedModel {
  const extension = ({ onnx: '.onnx', ir: '.xml', tflite: '.tflite' } as const)[model.format]
  return { extension, bytes: contents.bytes, weights: contents.weights, dynamic: model.dynamic, what }
}

type Damage = Pick<DamagedModel, 'bytes' | 'weights' | 'what'>

function mutateFile({ format, bytes, weightRanges }: SeedModel, random: SeededRandom): Damage {
  const dice = random.below(100)
  const damaged =
    format === 'onnx' && dice < 60
      ? mutateOnnx(bytes, random)
      : dice < 92
        ? mutateBytes(bytes, random, weightRanges)
        : dice < 98
          ? truncateBytes(bytes, random)
          : replaceByNoise(bytes, random)
  return { ...damaged, weights: null }
}

function mutateIr({ bytes, weights }: SeedModel, random: SeededRandom): Damage {
  const binary = weights as Buffer
  const dice = random.below(100)
  if (dice < 10) {
    const damaged = dice < 5 ? truncateBytes(binary, random) : mutateBytes(binary, random)
    return { bytes, weights: damaged.bytes, what: `.bin: ${damaged.what}` }
  }
  const mutate = dice < 85 ? mutateXml : dice < 92 ? mutateBytes : dice < 97 ? truncateBytes : replaceByNoise
  return { ...mutate(bytes, random), weights: binary }
}
