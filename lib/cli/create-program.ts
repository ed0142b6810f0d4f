import { Command } from 'commander'
import { readPackageVersion } from '../native/package-version.js'
import { addBenchCommand } from './commands/bench.js'
import { addBuildCommand } from './commands/build.js'
import { addCalibrationCacheCommand } from './commands/calibration-cache.js'
import { addConvertCommand } from './commands/convert.js'
import { addDoctorCommand } from './commands/doctor.js'
import { addEvalCommand } from './commands/eval.js'
import { addInspectCommand } from './commands/inspect.js'
import { addQuantizeCommand } from './commands/quantize.js'
import { addRunCommand } from './commands/run.js'
import { type CommandResult, type CommonFlags, createSession, type Session } from './session.js'
import type { Terminal } from './terminal.js'

/** Adds a command to the program; its action answers a result, which is printed as text or JSON. */
export type RegisterAction = <Flags extends object>(
  command: Command,
  action: (session: Session, argument: string | undefined, flags: Flags) => Promise<CommandResult>,
) => void

/** The `enginery` command with all of its subcommands. Throws CommanderError where commander would exit. */
export function createProgram(terminal: Terminal, signal: AbortSignal): Command {
  const program = new Command('enginery')
    .description('Build, load and run neural network engines.')
    .version(readPackageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help on a command')
    .addHelpText('after', programHelp)
    .configureHelp({ showGlobalOptions: false })
    // Errors are printed in one place, in our form.
    .configureOutput({ outputError: () => {} })
    .exitOverride()

  const register: RegisterAction = (command, action) => {
    command
      .option('--json', 'print one JSON document (also for errors)')
      .option('--verbose', "print the engine's log, and stacks of errors")
      .option('--quiet', 'no progress bar, notes or warnings')
      .action(async (...args: unknown[]) => {
        const flags = command.opts<CommonFlags>()
        const session = createSession(terminal, signal, flags)
        const argument = command.registeredArguments.length > 0 ? (args[0] as string | undefined) : undefined
        const result = await action(session, argument, flags as never)
        await terminal.print(flags.json ? JSON.stringify(result.json, null, 2) : result.text)
        if (result.exitCode !== undefined) process.exitCode = result.exitCode
      })
  }

  addDoctorCommand(program, register)
  addInspectCommand(program, register)
  addBuildCommand(program, register)
  addQuantizeCommand(program, register)
  addConvertCommand(program, register)
  addCalibrationCacheCommand(program, register)
  addRunCommand(program, register)
  addEvalCommand(program, register)
  addBenchCommand(program, register)
  return program
}

const programHelp = `
Exit codes:
  0    done
  1    failed; doctor: something that every engine needs is missing
  2    the command line or the configuration file is wrong: nothing was done
  129, 130, 143   stopped by SIGHUP, Ctrl-C (SIGINT), SIGTERM

Results go to standard output, everything else to standard error.`
