import type { ErrorEntry } from '../error-entry.js'

export const inferenceErrors = {
  ABORTED: {
    topic: 'Inference',
    message: '{what} was aborted by its signal',
    cure: 'Nothing is wrong: the AbortSignal fired. Its reason is the `cause`.',
  },
  INFERENCE_FAILED: {
    topic: 'Inference',
    message: 'The inference failed: {reason}',
    cure: 'Check that the inputs hold values that the model was made for; the log lines of the engine are in `engineLog`.',
  },
  INFERENCE_CANCELLED: {
    topic: 'Inference',
    message: 'The inference was cancelled: {reason}',
    cure: 'Await inferences before closing the engine; to cancel on purpose pass a `signal`.',
  },
  PROFILE_UNAVAILABLE: {
    topic: 'Inference',
    message: 'There is no profile: {reason}',
    cure: 'Build the engine with profiling turned on and run an inference first.',
  },
} as const satisfies Record<string, ErrorEntry>
