import { type Command, Option } from 'commander'
import { collectWith } from './build-flags.js'
import { share } from './parse-number.js'

/** Options of `build` that TensorRT alone has. */
export interface TensorRtFlags {
  backend?: 'openvino' | 'tensorrt'
  library?: string
  profiles?: string
  computeCapability?: string[]
  plugins?: string[]
  /** false for `--no-timing-cache`. */
  timingCache?: string | false
  requireInt8?: number
  layerInfo?: string
  /** As trtexec has them: `--fp16`, `--minShapes=...`. */
  trtexec?: string[]
}

export function addTensorRtFlags(command: Command): Command {
  return command
    .addOption(new Option('--backend <name>', 'what to build for (default: openvino)').choices(['openvino', 'tensorrt']))
    .option('--library <name>', 'TensorRT: tensorrt (default), tensorrt-rtx, or the path of its core library')
    .option('--profiles <file>', 'TensorRT: ranges of shapes that the plan is made for (YAML, JSON, or of Paddle)')
    .option('--compute-capability <n.n>', 'TensorRT-RTX: GPU that the plan is for, such as 8.9 (repeatable)', collectWith(String))
    .option(
      '--plugins <file>',
      'TensorRT 10 and 11: library with plugins of your own, loaded before the model is read (repeatable)',
      collectWith(String),
    )
    .option('--timing-cache <file>', 'TensorRT: file of measurements (default: one in the cache folder of the user)')
    .option('--no-timing-cache', 'TensorRT: measure anew, and keep nothing')
    .option(
      '--require-int8 <share>',
      'TensorRT: share of convolutions and matrix products that must be INT8, such as 0.8; with fewer nothing is written',
      share,
    )
    .option('--layer-info <file>', 'TensorRT: write the layers before and after optimization (JSON)')
    .option(
      '--trtexec <option>',
      'TensorRT: an option as trtexec has it (repeatable); also taken without --trtexec before it: --minShapes=x:1x3',
      collectWith(String),
    )
}

/** The flag of TensorRT's that was given, if one was. */
export function tensorRtFlagOf(flags: TensorRtFlags): string | undefined {
  if (flags.library !== undefined) return '--library'
  if (flags.profiles !== undefined) return '--profiles'
  if (flags.computeCapability !== undefined) return '--compute-capability'
  if (flags.plugins !== undefined) return '--plugins'
  if (flags.timingCache !== undefined) return flags.timingCache === false ? '--no-timing-cache' : '--timing-cache'
  if (flags.requireInt8 !== undefined) return '--require-int8'
  if (flags.layerInfo !== undefined) return '--layer-info'
  return flags.trtexec?.[0]?.split('=', 1)[0]
}
