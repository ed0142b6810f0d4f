import { type Command, InvalidArgumentError, Option } from 'commander'
import type { RequestedDimension } from '../../engine/resolve-shapes.js'
import { parseValue, splitAssignment } from './parse-assignment.js'
import { wholeNumber } from './parse-number.js'
import { parseShape } from './parse-shape.js'

/** Options of buildEngine as commander collects them. */
export interface BuildFlags {
  config?: string
  device?: string
  precision?: 'fp32' | 'fp16' | 'bf16' | 'int8'
  shape?: [name: string, shape: RequestedDimension[]][]
  dynamicShapes?: true
  performance?: 'latency' | 'throughput' | 'cumulative-throughput'
  requests?: number
  streams?: number | 'auto'
  threads?: number
  property?: [name: string, value: string][]
  /** false for `--no-cache`. */
  cache?: string | false
  set?: [path: string, value: unknown][]
}

/** Adds the options of buildEngine to a command. Those without a flag of their own are reached with `--set`. */
export function addBuildFlags(command: Command): Command {
  return command
    .option('--config <file>', 'YAML file of options; options on the command line override it')
    .option('--device <name>', 'CPU, GPU, GPU.1, AUTO:GPU,CPU, HETERO:GPU,CPU, MULTI:CPU (default: CPU)')
    .addOption(
      new Option('--precision <type>', 'of float layers (default: fp32); int8 quantizes an ONNX model first').choices([
        'fp32',
        'fp16',
        'bf16',
        'int8',
      ]),
    )
    .option(
      '--shape <name=shape>',
      'shape of an input: image=1x3x224x224; ? is any length, 32..320 a range (repeatable)',
      collectWith((text) => {
        const [name, shape] = splitAssignment(text, 'name=shape, such as image=1x3x224x224', 'last')
        return [name, parseShape(shape)] as const
      }),
    )
    .option('--dynamic-shapes', 'keep every dimension open that the model leaves open')
    .addOption(new Option('--performance <hint>', 'what to tune for').choices(['latency', 'throughput', 'cumulative-throughput']))
    .option('--requests <n>', 'inferences that may run at the same time', wholeNumber(1, 1024))
    .option('--streams <n>', 'streams on the device, or auto', (text) => (text === 'auto' ? text : wholeNumber(1, 1024)(text)))
    .option('--threads <n>', 'processor threads for inference', wholeNumber(1, 4096))
    .option(
      '--property <KEY=VALUE>',
      'raw property of the engine; wins over the rest (repeatable)',
      collectWith((text) => splitAssignment(text, 'KEY=VALUE, such as NUM_STREAMS=2')),
    )
    .option('--cache <dir>', 'folder of built engines to reuse')
    .option('--no-cache', 'build anew even where the configuration names a cache')
    .option(
      '--set <path=value>',
      'any other option of the configuration: hints.cpuPinning=false (repeatable)',
      collectWith((text) => {
        const [path, value] = splitAssignment(text, 'path=value, such as hints.cpuPinning=false')
        if (path.split('.').includes(''))
          throw new InvalidArgumentError(`expected a dotted path, received ${JSON.stringify(path)}.`)
        return [path, parseValue(value)] as const
      }),
    )
}

/** For repeatable options: collects what each occurrence was parsed to. */
export function collectWith<T>(parse: (text: string) => T): (text: string, previous: T[] | undefined) => T[] {
  return (text, previous = []) => [...previous, parse(text)]
}
