import { Command } from 'commander'
import { readPackageVersion } from '../native/package-version.js'
import { type CommandResult, type CommonFlags, createSession, type Session } from './session.js'
import type { Terminal } from './terminal.js'

/** Adds a command to the program; its action answers a result, which is printed as text or JSON. */
export type RegisterAction = <Flags extends object>(
  command: Command,
  action: (session: Session, argument: string | undefined, flags: Flags) => Promise<CommandResult>,
) => void

type AddCommand = (program: Command, register: RegisterAction) => void

/** Each loads its own module, so that a command does not wait for what only the others need. In the order of the help. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  doctor: async () => (await import('./commands/doctor.js')).addDoctorCommand,
  inspect: async () => (await import('./commands/inspect.js')).addInspectCommand,
  build: async () => (await import('./commands/build.js')).addBuildCommand,
  quantize: async () => (await import('./commands/quantize.js')).addQuantizeCommand,
  convert: async () => (await import('./commands/convert.js')).addConvertCommand,
  'collect-profile': async () => (await import('./commands/collect-profile.js')).addCollectProfileCommand,
  'calibration-cache': async () => (await import('./commands/calibration-cache.js')).addCalibrationCacheCommand,
  'timing-cache': async () => (await import('./commands/timing-cache.js')).addTimingCacheCommand,
  run: async () => (await import('./commands/run.js')).addRunCommand,
  eval: async () => (await import('./commands/eval.js')).addEvalCommand,
  bench: async () => (await import('./commands/bench.js')).addBenchCommand,
}

/**
 * The `enginery` command. Throws CommanderError where commander would exit.
 *
 * @param argv where it begins with the name of a command, that is the only one; else all are there
 */
export async function createProgram(terminal: Terminal, signal: AbortSignal, argv: readonly string[] = []): Promise<Command> {
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

  for (const load of commandsFor(argv[0])) (await load())(program, register)
  return program
}

/** Those that a command line may need, by its first word. */
function commandsFor(word = ''): readonly (() => Promise<AddCommand>)[] {
  if (word === '-V' || word === '--version') return []
  const named = Object.hasOwn(commands, word) ? commands[word] : undefined
  return named ? [named] : Object.values(commands)
}

const programHelp = `
Exit codes:
  0    done
  1    failed; doctor: something that every engine needs is missing
  2    the command line or the configuration file is wrong: nothing was done
  129, 130, 143   stopped by SIGHUP, Ctrl-C (SIGINT), SIGTERM

Results go to standard output, everything else to standard error.`
