import type { Command } from 'commander'
import type { z } from 'zod'
import type { Port } from '../../engine/backend.js'
import { formatShape } from '../../engine/partial-shape.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { InferenceResult } from '../../inference/collect-outputs.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { RegisterAction } from '../create-program.js'
import { checkWritable } from '../files/check-writable.js'
import { prepareInputs, shapesFromArrays } from '../inputs/prepare-inputs.js'
import { readInputArrays } from '../inputs/read-inputs.js'
import { findTarget, openEngine } from '../open-engine.js'
import { addBuildFlags, type BuildFlags, collectWith } from '../options/build-flags.js'
import { collectOptions } from '../options/engine-options.js'
import { addInputFlags, type InputFlags, inputSettings } from '../options/input-flags.js'
import { wholeNumber } from '../options/parse-number.js'
import { addPictureFlags, overrideRecipe, type PictureFlags } from '../options/recipe-flags.js'
import { summarizeTensor } from '../outputs/summarize-tensor.js'
import { jsonValue, readableValues } from '../outputs/tensor-values.js'
import { checkOutputTargets, parseOutputTargets, writeOutputs } from '../outputs/write-outputs.js'
import { describeOpenedEngine, engineRows } from '../reports/describe-opened-engine.js'
import type { runReportSchema } from '../reports/report-schemas.js'
import { type CommandResult, type CommonFlags, type Session, withProgress } from '../session.js'
import { formatDuration, formatValue } from '../text/format-quantity.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'
import { runPictures } from './run-pictures.js'

interface Flags extends CommonFlags, BuildFlags, InputFlags, PictureFlags {
  image?: string[]
  draw?: string
  minScore?: number
  randomInput?: true
  output?: string[]
  top?: number
}

type OutputReport = z.input<typeof runReportSchema>['outputs'][number]

// A JSON document of this many numbers has some 100 MB; a string of Node's ends at 512.
const mostJsonElements = 5_000_000
const defaultTop = 5

const examples = `
Examples:
  enginery run squeezenet.onnx --input data_0=cat.npy
  enginery run squeezenet.blob --input cat.npy --output scores.npy
  enginery run two-inputs.onnx --input ids=ids.npy --input mask=mask.npy --output all.npz
  enginery run squeezenet.onnx --random-input --seed 7 --json
  enginery run yolox.onnx --image street.jpg --preset yolox --decoder yolox --classes coco.txt --draw street.drawn.png

A model is built first; a saved engine (build) starts at once. Where a model leaves dimensions open and no --shape says
otherwise, it is built for the shapes of the given arrays. Pictures need the package sharp (npm install sharp).`

export function addRunCommand(program: Command, register: RegisterAction): void {
  const command = program
    .command('run')
    .argument('[file]', 'model or saved engine; may come from the configuration')
    .summary('arrays (.npy, .npz) or pictures in, outputs or results out')
    .description('Runs one inference on arrays and prints a summary of its outputs, or pictures and prints or draws the results.')
  addPictureFlags(addInputFlags(command))
    .option('--image <path...>', 'pictures, or folders of them (after the model)')
    .option('--draw <file>', 'picture for the results, or a folder/ where there are several')
    .option('--min-score <score>', 'of results that are shown (default: 0.3)', Number)
    .option('--random-input', 'make up the inputs that no file is given for')
    .option('-o, --output <file>', 'out.npy, name=out.npy, all.npz or a folder/ (repeatable)', collectWith(String))
    .option('--top <n>', `largest values to list (default: ${defaultTop})`, wholeNumber(1, 1000))
  addBuildFlags(command).addHelpText('after', examples)
  register(command, run)
}

async function run(session: Session, argument: string | undefined, flags: Flags): Promise<CommandResult> {
  const { randomInput, output, top, image, draw, minScore } = flags
  const given = { ...inputSettings(flags), randomInput, output, top, image, draw, minScore }
  const { engine: options, own, recipe } = await collectOptions('run', flags, given)
  if (own.image) return runPictures(session, argument, options, own, overrideRecipe(recipe, flags), flags.preprocessIntoModel)
  refusePictureFlags(flags)
  const targets = parseOutputTargets(own.output ?? [])
  const target = await findTarget(argument, options)
  for (const { kind, path } of targets) if (kind !== 'folder') await checkWritable(path)
  const arrays = await readInputArrays(own.input ?? [])
  const shaped = await shapesFromArrays(target, options, arrays, own.inputShapes)
  const opened = await openEngine(session, target, shaped.options, own)
  const { engine } = opened
  try {
    checkOutputTargets(targets, engine.outputs)
    const { inputs, sources } = prepareInputs(engine.inputs, arrays, own, own.randomInput ?? false)
    const start = performance.now()
    const result = await withProgress(session, async (bar) => {
      bar.update('run', 0)
      return engine.infer(inputs, { signal: session.signal })
    })
    const elapsed = performance.now() - start
    const written = await writeOutputs(targets, engine.outputs, result)
    const withData = flags.json === true && targets.length === 0
    if (withData) refuseHugeJson(result)
    const json: z.input<typeof runReportSchema> = {
      command: 'run',
      enginery: readPackageVersion(),
      engine: await describeOpenedEngine(target, opened, shaped.notes),
      inputs: sources.map((source) => ({ ...source, shape: [...source.shape] })),
      elapsed,
      outputs: engine.outputs.map((port) => {
        const tensor = result[port.name] as Tensor
        return describeOutput(port, tensor, own.top ?? defaultTop, written.get(port.name) ?? [], withData)
      }),
    }
    return { json, text: renderRun(json, result, own.top ?? defaultTop) }
  } finally {
    await engine.close()
  }
}

// A configuration may say how pictures are prepared and still be used for arrays.
function refusePictureFlags({ draw, minScore, preset, decoder, classes, ...rest }: Flags): void {
  const flags = {
    '--draw': draw,
    '--min-score': minScore,
    '--preset': preset,
    '--preprocess-from': rest.preprocessFrom,
    '--preprocess-into-model': rest.preprocessIntoModel,
    '--decoder': decoder,
    '--classes': classes,
  }
  const [stray] = Object.entries(flags).find(([, value]) => value !== undefined) ?? []
  if (stray) throw engineryError('USAGE_INVALID', { reason: `${stray}: expected --image with it, it is about pictures` })
}

function refuseHugeJson(result: InferenceResult): void {
  const elements = Object.values(result).reduce((sum, tensor) => sum + tensor.size, 0)
  if (elements > mostJsonElements) {
    throw engineryError('USAGE_INVALID', {
      reason: `--json: the outputs have ${elements} elements, at most ${mostJsonElements} are printed: write them with --output`,
    })
  }
}

function describeOutput(port: Port, tensor: Tensor, top: number, files: string[], withData: boolean): OutputReport {
  const { min, max, mean, notFinite, top: largest } = summarizeTensor(tensor, top)
  return {
    name: port.name,
    type: tensor.type,
    shape: [...tensor.shape],
    min,
    max,
    mean,
    notFinite,
    top: [...largest],
    files,
    data: withData ? Array.from(readableValues(tensor), jsonValue) : null,
  }
}

function renderRun(report: z.input<typeof runReportSchema>, result: InferenceResult, top: number): string {
  const inputs = report.inputs.map(({ name, type, shape, source }): Row => [name, `${type}${formatShape(shape)}`, source])
  const sections = [
    renderTable([
      ...engineRows(report.engine),
      ['time', `${formatDuration(report.elapsed)} (the first inference; bench measures speed)`],
    ]),
    renderSection('Inputs', renderTable(inputs)),
  ]
  for (const output of report.outputs) {
    const tensor = result[output.name] as Tensor
    sections.push(
      renderSection(`Output ${output.name}: ${output.type}${formatShape(output.shape)}`, renderOutput(output, tensor, top)),
    )
  }
  return sections.join('\n\n')
}

function renderOutput(output: OutputReport, tensor: Tensor, top: number): string {
  const rows: Row[] = []
  if (output.min !== null) {
    rows.push([
      'values',
      `from ${formatValue(output.min)} to ${formatValue(output.max as number)}, mean ${formatValue(output.mean as number)}`,
    ])
  }
  if (output.notFinite > 0) rows.push(['not finite', `${output.notFinite} of ${tensor.size}: NaN or infinite`])
  for (const file of output.files) rows.push(['wrote', file])
  const lines = rows.length > 0 ? [renderTable(rows)] : []
  if (output.top.length > 0) {
    lines.push(
      renderTable(
        output.top.map(({ index, value }): Row => [index, formatValue(value)]),
        { header: ['index', 'value'] },
      ),
    )
  } else {
    const { first } = summarizeTensor(tensor, top)
    const more = tensor.size > first.length ? ', ...' : ''
    lines.push(first.length === 0 ? 'no elements' : `starts with ${first.map(formatValue).join(', ')}${more}`)
  }
  return lines.join('\n')
}
