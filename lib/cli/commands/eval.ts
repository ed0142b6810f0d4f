import type { Command } from 'commander'
import type { z } from 'zod'
import { type Evaluation, evaluate } from '../../api/evaluation/evaluate.js'
import type { EvaluateOptions } from '../../api/evaluation/evaluate-options.js'
import type { SharedEngineOptions } from '../../api/evaluation/open-candidate.js'
import { engineryError } from '../../errors/enginery-error.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { RegisterAction } from '../create-program.js'
import { addBuildFlags, type BuildFlags } from '../options/build-flags.js'
import { collectOptions } from '../options/engine-options.js'
import { addDataFlags, addPictureFlags, type DataFlags, overrideRecipe, type PictureFlags } from '../options/recipe-flags.js'
import type { evalReportSchema } from '../reports/eval-report-schema.js'
import { renderEvaluation } from '../reports/render-evaluation.js'
import { type CommandResult, type CommonFlags, type Session, withProgress } from '../session.js'

interface Flags extends CommonFlags, BuildFlags, PictureFlags, DataFlags {
  results?: string
  perSample?: true
  onBroken?: 'skip' | 'error'
}

const examples = `
Examples:
  enginery eval yolox.onnx yolox.int8.onnx --config recipes/yolox-coco.yaml
  enginery eval squeezenet.onnx --images val --annotations labels.json --classes classes.json \\
                --preset imagenet --decoder classification
  enginery eval yolox.onnx --config recipes/yolox-coco.yaml --results out/   (again after Ctrl-C: goes on)

Models after the first are compared with it, on the same samples: an interval of the difference that includes 0 says
that these samples do not tell the models apart.`

export function addEvalCommand(program: Command, register: RegisterAction): void {
  const command = program
    .command('eval')
    .argument('[files...]', 'models or saved engines; may come from the configuration')
    .summary('score models on labelled data')
    .description('Runs models on labelled data, scores them and compares them.')
  addDataFlags(addPictureFlags(command))
    .option('--results <dir>', 'keep results there, one line a sample; go on where an earlier run stopped')
    .option('--per-sample', 'score every sample alone, too')
    .option('--on-broken <what>', 'broken pictures: skip (default) or error')
  addBuildFlags(command).addHelpText('after', examples)
  register<Flags>(command, (session, _file, flags) => runEvaluation(session, command.args, flags))
}

async function runEvaluation(session: Session, files: readonly string[], flags: Flags): Promise<CommandResult> {
  const given = {
    models: files.length > 0 ? [...files] : undefined,
    results: flags.results,
    perSample: flags.perSample,
    onBroken: flags.onBroken,
  }
  const { engine, own, recipe: configured } = await collectOptions('eval', flags, given)
  const recipe = overrideRecipe(configured, flags)
  const { model, backend: _, ...shared } = engine
  const models = own.models ?? (typeof model === 'string' ? [model] : [])
  if (models.length === 0) throw usage('no model: name its file, or a configuration that does (--config)')
  const { data, task, preprocess, subset, metrics, bootstrap } = recipe
  if (!data) throw usage('no data: name it with --images and --annotations, or in the configuration (data)')
  if (!task) throw usage('no task: name a decoder with --decoder, or in the configuration (task)')
  const evaluation = await withProgress(session, (bar) =>
    evaluate({
      models,
      data,
      task,
      preprocess,
      preprocessIntoModel: flags.preprocessIntoModel,
      subset,
      metrics: metrics as EvaluateOptions['metrics'],
      bootstrap,
      engine: { hints: { performance: 'throughput' }, ...shared } as SharedEngineOptions,
      results: own.results,
      perSample: own.perSample,
      onBroken: own.onBroken,
      signal: session.signal,
      logger: session.logger,
      onProgress: ({ stage, fraction }) => bar.update(stage, fraction),
    }),
  )
  warnAboutData(session, evaluation)
  const json: z.input<typeof evalReportSchema> = {
    command: 'eval',
    enginery: readPackageVersion(),
    data: {
      format: evaluation.data.format,
      samples: evaluation.data.samples,
      digest: evaluation.data.digest,
      warnings: evaluation.data.warnings.map((warning) => ({ ...warning, examples: [...warning.examples] })),
      broken: [...evaluation.data.broken],
    },
    preprocess: evaluation.preprocess,
    duration: evaluation.duration,
    throughput: evaluation.throughput,
    models: evaluation.models.map(({ results: _results, ...rest }) => rest as z.input<typeof evalReportSchema>['models'][number]),
  }
  return { json, text: renderEvaluation(evaluation) }
}

function warnAboutData(session: Session, { data, models }: Evaluation): void {
  for (const { code, count, examples } of data.warnings) {
    session.logger.warn?.(`${code}: ${count}, for example ${examples.slice(0, 3).join(', ')}`)
  }
  if (data.broken.length > 0) {
    const first = data.broken.slice(0, 3).map(({ id, reason }) => `${id} (${reason})`)
    session.logger.warn?.(`${data.broken.length} samples could not be read and are not scored: ${first.join('; ')}`)
  }
  for (const { name, nonFiniteSamples, metrics } of models) {
    for (const metric of metrics) {
      const unanswered = 'details' in metric ? metric.details.unanswered : undefined
      if (unanswered) session.logger.warn?.(`${name}: ${unanswered} samples got no class and count as wrong in ${metric.name}`)
    }
    if (nonFiniteSamples > 0) session.logger.warn?.(`${name}: outputs of ${nonFiniteSamples} samples hold NaN or infinite values`)
  }
}

function usage(reason: string): Error {
  return engineryError('USAGE_INVALID', { reason })
}
