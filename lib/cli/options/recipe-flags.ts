import { type Command, Option } from 'commander'
import { engineryError } from '../../errors/enginery-error.js'
import { presetNames } from '../../preprocess/presets.js'
import type { Recipe } from '../config/config-schema.js'
import { collectWith } from './build-flags.js'
import { definedOnly } from './defined-only.js'
import { wholeNumber } from './parse-number.js'

/** Options on what is done to pictures and what is made of outputs, of `run` and `eval`. */
export interface PictureFlags {
  preset?: string
  preprocessFrom?: string
  preprocessIntoModel?: true
  decoder?: string
  classes?: string
}

/** Options on what is scored, of `eval`. */
export interface DataFlags {
  images?: string
  annotations?: string
  format?: string
  metric?: string[]
  samples?: number
  seed?: number
  /** false for `--no-intervals`. */
  intervals?: false
}

export function addPictureFlags(command: Command): Command {
  return command
    .addOption(new Option('--preset <name>', 'what is done to pictures; details in the configuration').choices(presetNames))
    .option(
      '--preprocess-from <file>',
      "what is done to pictures, read from Paddle's reader (.yml, .yaml) or MNN's preprocessConfig (.json)",
    )
    .option('--preprocess-into-model', 'build scaling, colour order and layout into the engine, where that gives the same')
    .option('--decoder <name>', 'how outputs become results: classification, yolox, yolov8, rtdetr, ctc, ...')
    .option('--classes <file>', 'names of the classes: one a line, JSON or YAML')
}

export function addDataFlags(command: Command): Command {
  return command
    .option('--images <path>', 'folder of pictures, or a text file that lists them')
    .option('--annotations <path>', 'file or folder of annotations or labels')
    .option('--format <name>', 'of the data: coco, voc, yolo, dota, ocr, ... (default: told from what is there)')
    .option(
      '--metric <name>',
      'accuracy, coco-map, voc-map, ... (repeatable; default: usual for the decoder)',
      collectWith(String),
    )
    .option('--samples <n>', 'draw this many, stratified by class', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--seed <n>', 'of the draw (default: 0)', wholeNumber(0, 2 ** 32 - 1))
    .option('--no-intervals', 'no bootstrap intervals')
}

/** The recipe with what further flags of the command line say over it; --preset and --decoder are in it already. */
export function overrideRecipe(recipe: Recipe, flags: PictureFlags & DataFlags): Recipe {
  const { classes, images, annotations, format, metric, samples, seed, intervals } = flags
  const data = { ...recipe.data, ...definedOnly({ images, annotations, format, classes }) } as Recipe['data']
  if (seed !== undefined && samples === undefined && recipe.subset === undefined) {
    throw engineryError('USAGE_INVALID', { reason: '--seed: expected --samples with it' })
  }
  const subset = samples === undefined ? recipe.subset : { ...recipe.subset, count: samples }
  return {
    ...recipe,
    ...(Object.keys(data ?? {}).length > 0 && { data }),
    ...(metric && { metrics: metric as Recipe['metrics'] }),
    ...(subset && { subset: { ...subset, ...(seed !== undefined && { seed }) } }),
    ...(intervals === false && { bootstrap: false as const }),
  }
}
