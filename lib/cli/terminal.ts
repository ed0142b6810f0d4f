import type { Writable } from 'node:stream'
import { describeWriteError } from './files/describe-file-error.js'

/** The parts of a standard stream that are used here. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number }

// Names come from model files, which may hold escape sequences: shown, they would act on the terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** Text without control characters other than newline and tab: `\x1b` is written out. */
export function visibleText(text: string): string {
  return text.replace(controlCharacters, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/**
 * Standard output and standard error of the command.
 *
 * A reader that closes its end (`| head`) has seen enough: what would still be written is dropped and the command goes
 * on. Any other failure to write, a full disk for example, is reported and makes the command fail.
 */
export class Terminal {
  readonly #stdout: OutputStream
  readonly #stderr: OutputStream
  #failure: Error | undefined

  constructor(stdout: OutputStream, stderr: OutputStream) {
    this.#stdout = stdout
    this.#stderr = stderr
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') this.#failure ??= error
    })
    // There is nowhere left to report to.
    stderr.on('error', () => {})
  }

  /** Results. Resolves when they are handed to the system. @throws FILE_NOT_WRITTEN, save for a closed pipe */
  async print(text: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stdout.write(`${visibleText(text)}\n`, () => resolve())
    })
    if (this.#failure) throw describeWriteError(this.#failure, 'standard output')
  }

  /** Notes, warnings and errors. */
  note(text: string): void {
    this.#stderr.write(`${visibleText(text)}\n`)
  }

  /** Moving text, for terminals alone. */
  draw(text: string): void {
    if (this.canDraw) this.#stderr.write(text)
  }

  /** True where standard error is a terminal that can go back to the start of a line. */
  get canDraw(): boolean {
    return this.#stderr.isTTY === true && process.env.TERM !== 'dumb'
  }

  get columns(): number {
    return this.#stderr.columns || 80
  }
}
