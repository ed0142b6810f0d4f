import type { ErrorEntry } from '../error-entry.js'

export const optionsConfigurationErrors = {
  OPTION_INVALID: {
    topic: 'Options and configuration',
    message: '{caller}: option {option}: {reason}',
    cure: 'Correct the option; its type is in the typings and its meaning in the documentation.',
  },
  CONFIG_INVALID: {
    topic: 'Options and configuration',
    message: '{file}:{line}: {reason}',
    cure: 'Correct that line of the configuration file.',
  },
  USAGE_INVALID: {
    topic: 'Options and configuration',
    message: '{reason}',
    cure: 'Run the command with --help to see what it takes.',
  },
  PREPROCESS_INVALID: {
    topic: 'Options and configuration',
    message: 'The preprocessing does not fit the model: {reason}',
    cure: 'Compare the steps with the layout, shape and element type of the port, as `enginery inspect` prints them.',
  },
  PREPROCESS_IMPORT_FAILED: {
    topic: 'Options and configuration',
    message: '{source} cannot be imported: {reason}',
    cure: 'Take that part out if it says nothing about pixels, or write the preprocessing down by hand: it is a few lines.',
  },
  PREPROCESS_NOT_MOVABLE: {
    topic: 'Options and configuration',
    message: 'The preprocessing cannot be moved into the model with the same result: {reason}',
    cure: 'Leave it outside the model, where it is done by createPreprocessor().',
  },
} as const satisfies Record<string, ErrorEntry>
