import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { colorModel, constantDetector, swappedColorModel } from '../models/picture-models.js'
import { temporaryFolder } from './spawn-cli.js'

const size = 16

/**
 * A folder, gone after the test, with
 *
 * - `pictures/`: `red one.png`, `grün.png`, `blue.png`, 40 x 20 pixels, and their `labels.json` and `classes.txt`
 * - `colors.onnx`, a classifier that is right, and `swapped.onnx`, the same for blue, green and red
 * - `boxes.onnx`, a detector with two boxes, classes and scores that are the same for every picture: the left upper
 *   quarter (0.9, the first class) and the right lower one (0.4, the second)
 */
export async function folderWithPictures(): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'pictures'))
  const colors = { 'red one.png': '#c02010', 'grün.png': '#10c020', 'blue.png': '#1020c0' }
  for (const [name, background] of Object.entries(colors)) {
    const picture = sharp({ create: { width: 40, height: 20, channels: 3, background } })
    await picture.png().toFile(join(folder, 'pictures', name))
  }
  const corners = [0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1]
  const files = {
    'labels.json': JSON.stringify({ 'red one.png': 'red', 'grün.png': 'green', 'blue.png': 'blue' }),
    'classes.txt': 'red\ngreen\nblue\n',
    'colors.onnx': colorModel(size),
    'swapped.onnx': swappedColorModel(size),
    'boxes.onnx': constantDetector(size, corners, [0.9, 0, 0, 0.4]),
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}
