import { type Terminal, visibleText } from './terminal.js'
import { formatDuration } from './text/format-quantity.js'

const clearLine = '\r\u001b[K'
const framesPerSecond = 10

/**
 * One line on standard error that says what is going on, how far, and for how long. Draws nothing where standard error
 * is not a terminal.
 */
export class ProgressBar {
  readonly #terminal: Terminal
  readonly #start = performance.now()
  readonly #timer: NodeJS.Timeout | undefined
  #label = ''
  #fraction = 0

  constructor(terminal: Terminal, enabled: boolean) {
    this.#terminal = terminal
    if (!enabled || !terminal.canDraw) return
    this.#timer = setInterval(() => this.#draw(), 1000 / framesPerSecond)
    this.#timer.unref()
  }

  /** @param fraction from 0 to 1 */
  update(label: string, fraction: number): void {
    const changed = label !== this.#label.trimEnd()
    // One width for the stages of a build, so that the bar stays where it is.
    this.#label = label.padEnd(10)
    this.#fraction = Math.min(1, Math.max(0, fraction))
    if (changed && this.#timer) this.#draw()
  }

  /** Takes the line away. */
  finish(): void {
    if (!this.#timer) return
    clearInterval(this.#timer)
    this.#terminal.draw(clearLine)
  }

  #draw(): void {
    const elapsed = formatDuration(performance.now() - this.#start)
    this.#terminal.draw(clearLine + renderBar(this.#label, this.#fraction, elapsed, this.#terminal.columns))
  }
}

/** `compile  [########            ]  40 %  1.2 s`, at most `columns - 1` wide so that it never wraps. */
export function renderBar(label: string, fraction: number, elapsed: string, columns: number): string {
  const tail = `${String(Math.round(fraction * 100)).padStart(3)} %  ${elapsed}`
  const width = Math.min(30, columns - 1 - label.length - tail.length - 6)
  const filled = Math.round(fraction * width)
  const line = width < 4 ? `${label}  ${tail}` : `${label}  [${'#'.repeat(filled)}${' '.repeat(width - filled)}]  ${tail}`
  return visibleText(line).slice(0, Math.max(0, columns - 1))
}
