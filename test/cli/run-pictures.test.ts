import { readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { runPicturesReportSchema } from '../../lib/cli/reports/run-pictures-schema.js'
import { folderWithPictures } from './picture-folder.js'
import { parseReport, runCli } from './spawn-cli.js'

const asBoxes = ['--preset', 'rtdetr', '--decoder', 'dense', '--set', 'task.boxFormat=xyxy']
const blue = 'pictures/blue.png'

const report = async (args: string[], cwd: string) =>
  runPicturesReportSchema.parse(parseReport(await runCli(['run', ...args, '--json'], { cwd })))

describe('enginery run --image', () => {
  it('prints what is in a picture, in its own pixels and with the names of classes', async () => {
    const cwd = await folderWithPictures()
    const { results, preprocess } = await report(['boxes.onnx', '--image', blue, ...asBoxes, '--classes', 'classes.txt'], cwd)
    expect(results).toEqual([
      {
        image: blue,
        elapsed: expect.any(Number),
        drawing: null,
        result: {
          task: 'detection',
          detections: [
            { category: 0, name: 'red', score: expect.closeTo(0.9, 6), box: [0, 0, 20, 10] },
            { category: 1, name: 'green', score: expect.closeTo(0.4, 6), box: [20, 10, 40, 20] },
          ],
        },
        error: null,
      },
    ])
    expect(preprocess).toMatch(/16/)
    const { stdout, code } = await runCli(['run', 'boxes.onnx', '--image', blue, ...asBoxes], { cwd })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^pictures\/blue\.png \(.*\)\n {2}class 0 +0\.9000 +0\.0 0\.0 20\.0 10\.0\n {2}class 1 +0\.4000 /m)
  })

  it('builds preprocessing into the model where asked to, and finds the same', async () => {
    const cwd = await folderWithPictures()
    const args = ['boxes.onnx', '--image', blue, ...asBoxes]
    const [outside, inside] = [await report(args, cwd), await report([...args, '--preprocess-into-model'], cwd)]
    expect(inside.results[0]?.result).toEqual(outside.results[0]?.result)
    expect(inside.preprocess).toMatch(/u8/)
    expect(outside.preprocess).not.toMatch(/u8/)
    const stray = await runCli(['run', 'boxes.onnx', '--random-input', '--preprocess-into-model'], { cwd })
    expect(stray).toMatchObject({ code: 2, stderr: expect.stringMatching(/--preprocess-into-model: expected --image/) })
  })

  it('goes on where one of several pictures is broken, and ends with 1', async () => {
    const cwd = await folderWithPictures()
    await writeFile(join(cwd, 'broken.jpg'), 'no picture')
    const { stdout, stderr, code } = await runCli(['run', 'boxes.onnx', '--image', 'broken.jpg', blue, ...asBoxes, '--json'], {
      cwd,
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/1 of 2 pictures could not be read/)
    const { results } = JSON.parse(stdout)
    expect(results[0]).toMatchObject({ image: 'broken.jpg', result: null, error: { code: 'IMAGE_CORRUPT' } })
    expect(results[1].result.detections).toHaveLength(2)
  })

  it('leaves out what scores less than --min-score', async () => {
    const cwd = await folderWithPictures()
    const found = async (least: string) => {
      const { results } = await report(['boxes.onnx', '--image', blue, ...asBoxes, '--min-score', least], cwd)
      return results.flatMap(({ result }) => result?.detections).length
    }
    expect([await found('0.1'), await found('0.5'), await found('0.95')]).toEqual([2, 1, 0])
    const nothing = await runCli(['run', 'boxes.onnx', '--image', blue, ...asBoxes, '--min-score', '0.95'], { cwd })
    expect(nothing).toMatchObject({ code: 0, stdout: expect.stringMatching(/nothing found/) })
  })

  it('draws the boxes where they are', async () => {
    const cwd = await folderWithPictures()
    const { results } = await report(['boxes.onnx', '--image', blue, ...asBoxes, '--draw', 'drawn.png'], cwd)
    expect(results[0]?.drawing).toBe('drawn.png')
    const { data, info } = await sharp(join(cwd, 'drawn.png')).raw().toBuffer({ resolveWithObject: true })
    expect([info.width, info.height]).toEqual([40, 20])
    const isTouched = (x: number, y: number) => {
      const [r, g, b] = data.subarray(info.channels * (y * 40 + x))
      return r !== 0x10 || g !== 0x20 || b !== 0xc0
    }
    // Corners of both boxes; labels lie over the left upper ones.
    for (const [x, y] of [
      [0, 9],
      [19, 9],
      [39, 19],
    ] as const)
      expect(isTouched(x, y), `${x}, ${y}`).toBe(true)
    expect(isTouched(5, 17)).toBe(false)
  })

  it('takes folders and several pictures, whatever their names', async () => {
    const cwd = await folderWithPictures()
    const { results } = await report(
      ['colors.onnx', '--image', 'pictures', '--preset', 'rtdetr', '--decoder', 'classification', '--classes', 'classes.txt'],
      cwd,
    )
    const best = results.map(({ image, result }) => [
      basename(image),
      (result?.classes as { name: string }[] | undefined)?.[0]?.name,
    ])
    expect(best.sort()).toEqual([
      ['blue.png', 'blue'],
      ['grün.png', 'green'],
      ['red one.png', 'red'],
    ])
    const drawn = await report(['boxes.onnx', '--image', blue, 'pictures/red one.png', ...asBoxes, '--draw', 'out/'], cwd)
    expect(drawn.results.map(({ drawing }) => drawing)).toEqual(['out/blue.drawn.png', 'out/red one.drawn.png'])
    expect((await readdir(join(cwd, 'out'))).sort()).toEqual(['blue.drawn.png', 'red one.drawn.png'])
  })

  it('takes a recipe for eval', async () => {
    const cwd = await folderWithPictures()
    const recipe =
      'model: boxes.onnx\npreprocess: { preset: rtdetr }\ntask: { decoder: dense, boxFormat: xyxy }\ndata: { classes: classes.txt }\n'
    await writeFile(join(cwd, 'recipe.yaml'), recipe)
    const { results } = await report(['--config', 'recipe.yaml', '--image', blue], cwd)
    expect(results[0]?.result).toMatchObject({ detections: [{ name: 'red' }, { name: 'green' }] })
    // Of the decoder and the preset that the file names.
    const set = ['--set', 'task.scoreThreshold=0.5', '--set', 'preprocess.color=BGR']
    const changed = await report(['--config', 'recipe.yaml', '--image', blue, ...set], cwd)
    expect(changed.results[0]?.result).toMatchObject({ detections: [{ name: 'red' }] })
    expect(changed.preprocess).toMatch(/BGR/)
    const other = await runCli(['run', '--config', 'recipe.yaml', '--image', blue, '--decoder', 'yolox'], { cwd })
    expect(other).toMatchObject({ code: 1, stderr: expect.stringMatching(/DECODE_OUTPUTS_UNFIT: The yolox decoder/) })
  })

  it.each([
    [['--image', blue, '--decoder', 'dense'], 2, /USAGE_INVALID: --image: say how pictures are prepared, with --preset/],
    [['--image', blue, '--preset', 'rtdetr'], 2, /USAGE_INVALID: --image: say how outputs become results, with --decoder/],
    [['--image', blue, ...asBoxes, '--random-input'], 2, /USAGE_INVALID: --image: expected no --input/],
    [['--image', 'pictures', ...asBoxes, '--draw', 'one.png'], 2, /USAGE_INVALID: --draw one\.png: expected a folder/],
    [['--image', blue, blue, ...asBoxes, '--draw', 'out/'], 2, /USAGE_INVALID: --draw: two pictures would be drawn in/],
    [['--image', blue, ...asBoxes, '--min-score', 'high'], 2, /USAGE_INVALID: --min-score: expected number/],
    [['--image', blue, ...asBoxes, '--min-score', '2'], 2, /USAGE_INVALID: --min-score: /],
    [['--random-input', '--draw', 'one.png'], 2, /USAGE_INVALID: --draw: expected --image/],
    [['--random-input', '--preset', 'rtdetr'], 2, /USAGE_INVALID: --preset: expected --image/],
    [['--image', 'absent.png', ...asBoxes], 1, /FILE_NOT_FOUND: There is no file absent\.png/],
    [['--image', 'labels.json', ...asBoxes], 1, /IMAGE_CORRUPT: labels\.json/],
    [['--image', blue, ...asBoxes, '--draw', 'drawn.bmp'], 1, /IMAGE_INVALID: .*drawn\.bmp/],
    [['--image', blue, '--preset', 'rtdetr', '--decoder', 'yolox'], 1, /DECODE_OUTPUTS_UNFIT/],
  ] as const)('%s ends with %i', async (args, code, message) => {
    const cwd = await folderWithPictures()
    const outcome = await runCli(['run', 'boxes.onnx', ...args], { cwd })
    expect(outcome).toMatchObject({ code, stdout: '' })
    expect(outcome.stderr).toMatch(new RegExp(`^error ${message.source}`, 'm'))
  })
})
