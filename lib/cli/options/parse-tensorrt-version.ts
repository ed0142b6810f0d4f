import { InvalidArgumentError } from 'commander'
import { headerVersionOf } from '../../calibration/tensorrt/table-header.js'

/** A version as the header of a calibration table can say it. @throws InvalidArgumentError */
export function parseTensorRtVersion(text: string): string {
  if (headerVersionOf(text) !== null) return text
  throw new InvalidArgumentError(`expected a version such as 10.15.1, received ${JSON.stringify(text)}.`)
}
