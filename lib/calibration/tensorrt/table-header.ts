/** Calibrators of TensorRT, by the word that the header of their tables has. */
export const calibrationAlgorithms = {
  entropy2: 'EntropyCalibration2',
  entropy: 'EntropyCalibration',
  minmax: 'MinMaxCalibration',
  legacy: 'LegacyCalibration',
} as const

/** `IInt8EntropyCalibrator2`, `IInt8EntropyCalibrator`, `IInt8MinMaxCalibrator`, `IInt8LegacyCalibrator`. */
export type CalibrationAlgorithm = keyof typeof calibrationAlgorithms

export const calibrationAlgorithmNames = Object.keys(calibrationAlgorithms) as [CalibrationAlgorithm, ...CalibrationAlgorithm[]]

/**
 * Calibrators that tables are made for. Not the legacy one: what else its tables hold is known to TensorRT alone, which refuses
 * those that have just its header.
 */
export const writableAlgorithms = ['entropy2', 'entropy', 'minmax'] as const satisfies readonly CalibrationAlgorithm[]
export type WritableAlgorithm = (typeof writableAlgorithms)[number]

/** The first line of a calibration table, `TRT-101501-EntropyCalibration2`. */
export interface TableHeader {
  /** As it is written there: `8503`, `101501`; some tools that are not TensorRT write `8XXX`. */
  readonly version: string
  /** Of TensorRT; null where the version does not tell. */
  readonly major: number | null
  readonly algorithm: CalibrationAlgorithm
}

const headerPattern = /^TRT-([0-9][0-9A-Za-z.]*)-([A-Za-z0-9]+)$/

/** The header in a line without its end; else what is wrong with the line. */
export function parseTableHeader(line: string): TableHeader | string {
  const match = headerPattern.exec(line)
  if (match === null) return `expected a header such as TRT-101501-EntropyCalibration2, received ${JSON.stringify(shorten(line))}`
  const [, version, word] = match as unknown as [string, string, string]
  const algorithm = calibrationAlgorithmNames.find((name) => calibrationAlgorithms[name] === word)
  if (algorithm === undefined) {
    const expected = Object.values(calibrationAlgorithms).join(', ')
    return `expected one of ${expected} behind the version, received ${JSON.stringify(shorten(word))}`
  }
  return { version, major: majorOf(version), algorithm }
}

export function formatTableHeader({ version, algorithm }: Pick<TableHeader, 'version' | 'algorithm'>): string {
  return `TRT-${version}-${calibrationAlgorithms[algorithm]}`
}

/**
 * Major version in the number that NVIDIA's header files make of a version: up to 9, thousands (8503 is 8.5.3); from 10
 * on, ten thousands (101501 is 10.15.1).
 */
function majorOf(version: string): number | null {
  const placeholder = /^(\d{1,2})[xX]{3,4}$/.exec(version)
  if (placeholder) return Number(placeholder[1])
  if (!/^\d{4,6}$/.test(version)) return null
  const number = Number(version)
  // Before 10 was published with ten thousands, 10.0 counted thousands.
  return Math.floor(number / (number < 20000 ? 1000 : 10000))
}

/** Of TensorRT: later ones have no calibrators, and read no tables. */
export const lastMajorWithTables = 10

export const expectedVersion = `expected a version of TensorRT up to ${lastMajorWithTables}, such as 10.15.1 (later ones have no calibrators)`

/**
 * The number that a table's header has for a version: `8.5.3` is 8503, `10.15.1` is 101501. Null for what is no version, or
 * one without calibrators.
 */
export function headerVersionOf(version: string): string | null {
  const match = /^(\d{1,2})\.(\d{1,2})(?:\.(\d{1,2}))?(?:\.\d+)*$/.exec(version)
  if (match === null) return null
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
  if (major > lastMajorWithTables) return null
  return String(major >= 10 ? major * 10000 + minor * 100 + patch : major * 1000 + minor * 100 + patch)
}

export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
