import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataFolder } from '../data-folder.js'

/** How an input is made of a preprocessed picture in the test data. */
export interface InputRecipe {
  /** Of the model's input. */
  readonly name: string
  /** Raw float32 file of the folder `golden`, [channels, height, width]. */
  readonly from: string
  readonly shape: readonly [channels: number, height: number, width: number]
  /** The nearest pixel of another size. */
  readonly height?: number
  readonly width?: number
  readonly channels?: 'reversed'
  /** Subtracted, then divided by, per channel. */
  readonly mean?: number | readonly number[]
  readonly scale?: number | readonly number[]
  readonly layout?: 'NHWC'
  readonly type?: 'u8'
  /** 2: the same picture once more, with its elements in reverse. */
  readonly batch?: 1 | 2
}

export interface PreparedInput {
  readonly shape: number[]
  readonly data: Float32Array | Uint8Array
}

/** Raw float32 numbers of a file in the folder `golden`. */
export async function readGolden(name: string): Promise<Float32Array> {
  const bytes = await readFile(join(dataFolder, 'golden', name))
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

/** The same steps, in the same order and precision, as scripts/make-model-references.py. */
export async function makeInput(recipe: InputRecipe): Promise<PreparedInput> {
  const [channels, fromHeight, fromWidth] = recipe.shape
  const { height = fromHeight, width = fromWidth, mean = 0, scale = 1, batch = 1, type } = recipe
  const picture = await readGolden(recipe.from)
  const size = channels * height * width
  const data = type === 'u8' ? new Uint8Array(size * batch) : new Float32Array(size * batch)
  const perChannel = (value: number | readonly number[], channel: number) =>
    typeof value === 'number' ? value : (value[channel] as number)
  for (let channel = 0; channel < channels; channel++) {
    const source = recipe.channels === 'reversed' ? channels - 1 - channel : channel
    for (let y = 0; y < height; y++) {
      const row = Math.floor(((y * 2 + 1) * fromHeight) / (height * 2))
      for (let x = 0; x < width; x++) {
        const column = Math.floor(((x * 2 + 1) * fromWidth) / (width * 2))
        const value = picture[(source * fromHeight + row) * fromWidth + column] as number
        const at = recipe.layout === 'NHWC' ? (y * width + x) * channels + channel : (channel * height + y) * width + x
        data[at] = (value - perChannel(mean, channel)) / perChannel(scale, channel)
      }
    }
  }
  if (batch === 2) data.set(data.slice(0, size).reverse(), size)
  return { shape: recipe.layout === 'NHWC' ? [batch, height, width, channels] : [batch, channels, height, width], data }
}
