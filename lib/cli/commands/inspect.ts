import type { Command } from 'commander'
import type { z } from 'zod'
import { inspectEngine } from '../../api/inspection/inspect-engine.js'
import { inspectModel } from '../../api/inspection/inspect-model.js'
import { inspectWithTensorRt } from '../../api/tensorrt/inspect-with-tensorrt.js'
import { engineryError } from '../../errors/enginery-error.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { RegisterAction } from '../create-program.js'
import { isSavedEngine } from '../files/is-saved-engine.js'
import { collectWith } from '../options/build-flags.js'
import type { engineReportSchema, modelReportSchema } from '../reports/report-schemas.js'
import { type CommandResult, type CommonFlags, type Session, withProgress } from '../session.js'
import { renderEngineInspection } from '../text/render-engine-inspection.js'
import { renderModelInspection } from '../text/render-model-inspection.js'
import { renderTensorRtInspection } from '../text/render-tensorrt-inspection.js'

interface InspectFlags extends CommonFlags {
  digest?: true
  layers?: true
  load: boolean
  suggestIgnored?: true
  /** Which TensorRT; true for the default. */
  tensorrt?: string | true
  plugins?: string[]
}

const examples = `
Examples:
  enginery inspect squeezenet.onnx
  enginery inspect squeezenet.blob --layers
  enginery inspect squeezenet.onnx --json | jq '.operators[].type'
  enginery inspect rtdetr.onnx --suggest-ignored
  enginery inspect yolox.onnx --tensorrt tensorrt-rtx

ONNX files are read without an engine; other models by OpenVINO. A saved engine is read from its manifest and, to list
its layers, loaded.`

export function addInspectCommand(program: Command, register: RegisterAction): void {
  const command = program
    .command('inspect')
    .argument('<file>', 'model (ONNX, IR, TensorFlow Lite, Paddle, TensorFlow) or saved engine')
    .summary('inputs, outputs, operators, precisions, size')
    .description('Prints what a model or a saved engine holds: inputs, outputs, operators, precisions, parameters, size.')
    .option('--digest', 'compute the SHA-256 of the model with all its weights')
    .option('--suggest-ignored', 'list what quantize leaves float because of the structure of the graph, and why (ONNX)')
    .option(
      '--tensorrt [library]',
      'what TensorRT takes of the model: tensorrt (default), tensorrt-rtx, or the path of a library (ONNX)',
    )
    .option('--plugins <file>', 'with --tensorrt: library with plugins of your own (repeatable)', collectWith(String))
    .option('--layers', 'list every layer of an engine')
    .option('--no-load', 'read the manifest of an engine only')
    .addHelpText('after', examples)
  register(command, inspect)
}

async function inspect(session: Session, path: string | undefined, flags: InspectFlags): Promise<CommandResult> {
  const file = path as string // commander sees to it
  if (flags.plugins !== undefined && flags.tensorrt === undefined) {
    throw engineryError('USAGE_INVALID', { reason: '--plugins: expected --tensorrt beside it' })
  }
  const head = { command: 'inspect' as const, enginery: readPackageVersion() }
  return withProgress(session, async (bar) => {
    bar.update('inspect', 0)
    if (await isSavedEngine(file)) {
      const inspection = await inspectEngine(file, { load: flags.load, signal: session.signal })
      return {
        json: { ...head, ...inspection } as unknown as z.input<typeof engineReportSchema>,
        text: renderEngineInspection(inspection, flags.layers ?? false),
      }
    }
    const inspection = await inspectModel(file, {
      digest: flags.digest,
      suggestIgnored: flags.suggestIgnored,
      signal: session.signal,
    })
    const { tensorrt: asked, plugins } = flags
    const library = asked === true ? undefined : asked
    const tensorrt = asked === undefined ? null : await inspectWithTensorRt(file, { library, plugins })
    const text = [renderModelInspection(inspection), ...(tensorrt ? [renderTensorRtInspection(tensorrt)] : [])].join('\n\n')
    return { json: { ...head, ...inspection, tensorrt } as unknown as z.input<typeof modelReportSchema>, text }
  })
}
