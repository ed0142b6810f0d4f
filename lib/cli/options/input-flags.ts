import type { Command } from 'commander'
import { collectWith } from './build-flags.js'
import { splitAssignment } from './parse-assignment.js'
import { wholeNumber } from './parse-number.js'
import { parseStaticShape } from './parse-shape.js'

/** Options on what goes in, of `run` and `bench`. */
export interface InputFlags {
  input?: string[]
  inputShape?: [name: string, shape: number[]][]
  seed?: number
  cast?: true
  rebuildFrom?: string
}

export function addInputFlags(command: Command): Command {
  return command
    .option('--input <file>', 'name=file.npy, file.npy for the only input, file.npz (repeatable)', collectWith(String))
    .option(
      '--input-shape <name=shape>',
      'shape of a random input that the engine leaves open (repeatable)',
      collectWith((text) => {
        const [name, shape] = splitAssignment(text, 'name=shape, such as image=1x3x224x224', 'last')
        return [name, parseStaticShape(shape)] as const
      }),
    )
    .option('--seed <n>', 'of random inputs (default: 1)', wholeNumber(0, 2 ** 32 - 1))
    .option('--cast', 'convert arrays of another element type; integers must fit exactly')
    .option('--rebuild-from <model>', 'model to build again from where a saved engine does not fit this machine')
}

/** The flags as the sections of a configuration file have them. */
export function inputSettings(flags: InputFlags) {
  return {
    input: flags.input,
    inputShapes: flags.inputShape && Object.fromEntries(flags.inputShape),
    seed: flags.seed,
    cast: flags.cast,
    rebuildFrom: flags.rebuildFrom,
  }
}
