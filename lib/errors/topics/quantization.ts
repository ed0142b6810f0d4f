import type { ErrorEntry } from '../error-entry.js'

export const quantizationErrors = {
  IGNORED_SCOPE_UNMATCHED: {
    topic: 'Quantization',
    message: 'Nothing in the model fits what the ignored scope names: {what}',
    cure: 'Take names of nodes, tensors and operators from the file as it is, or pass `validate: false`. Close to it: {suggestions}.',
  },
} as const satisfies Record<string, ErrorEntry>
