import type { Command } from 'commander'
import { isTrtexecOption } from '../../engine/tensorrt/trtexec-options.js'

/**
 * The arguments with options of trtexec's that `build` does not have itself as values of its --trtexec, since a line that was
 * written for trtexec is to be read as it is: `--minShapes=x:1x3` becomes `--trtexec=--minShapes=x:1x3`.
 */
export function markTrtexecOptions(argv: readonly string[], program: Command): readonly string[] {
  const [name] = argv
  const build = program.commands.find((command) => command.name() === 'build')
  if (build === undefined || name !== build.name()) return argv
  const own = new Set(build.options.map(({ long }) => long))
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  return argv.map((argument, index) => {
    const option = argument.split('=', 1)[0]
    return index < end && isTrtexecOption(argument) && !own.has(option) ? `--trtexec=${argument}` : argument
  })
}
