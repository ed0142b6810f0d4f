import { CommanderError } from 'commander'
import { type EngineryError, engineryError, isEngineryError } from '../errors/enginery-error.js'
import { readPackageVersion } from '../native/package-version.js'
import { createProgram } from './create-program.js'
import { describeFailure, toEngineryError } from './describe-failure.js'
import { exitCodeOf, exitCodes } from './exit-codes.js'
import { markTrtexecOptions } from './options/trtexec-arguments.js'
import { Terminal } from './terminal.js'
import { type Interruption, watchInterrupts } from './watch-interrupts.js'

/** Runs one command line and sets the exit code of the process. Never throws. */
export async function runCli(argv: readonly string[]): Promise<void> {
  const terminal = new Terminal(process.stdout, process.stderr)
  const interruption = watchInterrupts(() => {
    terminal.draw('\r\u001b[K')
    terminal.note('stopping (a second Ctrl-C ends at once)')
  })
  try {
    const program = await createProgram(terminal, interruption.signal, argv)
    await program.parseAsync(markTrtexecOptions(argv, program), { from: 'user' })
  } catch (error) {
    process.exitCode = await reportFailure(error, argv, terminal, interruption)
  }
  // What could not be stopped, a compilation for example, must not hold the process back.
  if (interruption.exitCode !== undefined) process.exit(interruption.exitCode)
}

async function reportFailure(
  error: unknown,
  argv: readonly string[],
  terminal: Terminal,
  interruption: Interruption,
): Promise<number> {
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok // --help and --version
  const failure = error instanceof CommanderError ? usageError(error) : toEngineryError(error)
  const interrupted = interruption.exitCode !== undefined && isEngineryError(failure, 'ABORTED')
  const options = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined)
  if (options.includes('--json')) {
    const document = { enginery: readPackageVersion(), error: failure.toJSON() }
    const printed = await terminal.print(JSON.stringify(document, null, 2)).then(
      () => true,
      () => false,
    )
    if (printed) return interruption.exitCode ?? exitCodeOf(failure)
  }
  if (!interrupted) terminal.note(describeFailure(failure, options.includes('--verbose')))
  return interruption.exitCode ?? exitCodeOf(failure)
}

function usageError(error: CommanderError): EngineryError {
  const reason = error.message.replace(/^error: /, '').trim()
  return engineryError('USAGE_INVALID', { reason: reason === '(outputHelp)' ? 'no command was given' : reason }, { cause: error })
}
