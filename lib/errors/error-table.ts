import type { ErrorEntry } from './error-entry.js'
import { addonsErrors } from './topics/addons.js'
import { buildingEnginesErrors } from './topics/building-engines.js'
import { calibrationErrors } from './topics/calibration.js'
import { dataFilesErrors } from './topics/data-files.js'
import { devicesBackendsErrors } from './topics/devices-backends.js'
import { evaluationErrors } from './topics/evaluation.js'
import { everythingElseErrors } from './topics/everything-else.js'
import { inferenceErrors } from './topics/inference.js'
import { inputsOutputsErrors } from './topics/inputs-outputs.js'
import { modelFilesErrors } from './topics/model-files.js'
import { optionsConfigurationErrors } from './topics/options-configuration.js'
import { picturesErrors } from './topics/pictures.js'
import { quantizationErrors } from './topics/quantization.js'
import { readingWritingFilesErrors } from './topics/reading-writing-files.js'
import { savedEnginesErrors } from './topics/saved-engines.js'
import { tensorrtErrors } from './topics/tensorrt.js'
import { tensorrtFilesErrors } from './topics/tensorrt-files.js'
import { tensorrtNetworkErrors } from './topics/tensorrt-network.js'
import { tensorsErrors } from './topics/tensors.js'

export type { ErrorEntry, ErrorTopic } from './error-entry.js'

/**
 * Every error a user can meet, as data: a message that says what was expected and what came, a cure that says what to
 * do, and the heading it is listed under in `docs/errors.md`.
 *
 * `{name}` marks a parameter: `engineryError` requires it by type. Append to the file of a topic; a code, once published, keeps its
 * meaning. After a change here: `npx vitest run test/unit/errors --update` rewrites the documentation.
 */
export const errorTable = {
  ...optionsConfigurationErrors,
  ...modelFilesErrors,
  ...tensorsErrors,
  ...inputsOutputsErrors,
  ...buildingEnginesErrors,
  ...savedEnginesErrors,
  ...devicesBackendsErrors,
  ...inferenceErrors,
  ...evaluationErrors,
  ...calibrationErrors,
  ...tensorrtErrors,
  ...tensorrtFilesErrors,
  ...tensorrtNetworkErrors,
  ...quantizationErrors,
  ...dataFilesErrors,
  ...picturesErrors,
  ...readingWritingFilesErrors,
  ...addonsErrors,
  ...everythingElseErrors,
} as const satisfies Record<string, ErrorEntry>

/** The codes of {@link errorTable}; match on `error.code`. */
export type ErrorCode = keyof typeof errorTable

/** The names between braces in a template. */
export type PlaceholdersOf<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlaceholdersOf<Rest>
  : never

/** What a placeholder may be filled with; lists are joined with commas. */
export type ErrorParam = string | number | bigint | boolean | readonly (string | number | bigint)[]

/** The parameters that an error of this code needs: those of its message and of its cure. */
export type ErrorParams<Code extends ErrorCode> = {
  readonly [Name in PlaceholdersOf<(typeof errorTable)[Code]['message'] | (typeof errorTable)[Code]['cure']>]: ErrorParam
}
