import type { ErrorEntry } from '../error-entry.js'

export const everythingElseErrors = {
  OUT_OF_MEMORY: {
    topic: 'Everything else',
    message: 'Memory ran out: {reason}',
    cure: 'Use smaller shapes or fewer requests, close engines that are not needed, or raise the memory limit of the container.',
  },
  BUG: {
    topic: 'Everything else',
    message: 'A fault in enginery itself: {reason}',
    cure: 'Please report it with this message, `cause`, and the output of `enginery doctor --json`.',
  },
} as const satisfies Record<string, ErrorEntry>
