import { InvalidArgumentError } from 'commander'
import { expectedVersion, headerVersionOf } from '../../calibration/tensorrt/table-header.js'

/** A version as the header of a calibration table can say it. @throws InvalidArgumentError */
export function parseTensorRtVersion(text: string): string {
  if (headerVersionOf(text) !== null) return text
  throw new InvalidArgumentError(`${expectedVersion}, received ${JSON.stringify(text)}.`)
}
