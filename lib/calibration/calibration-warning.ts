/** Something about samples or statistics that a user should know. */
export interface CalibrationWarning {
  /** `SAMPLES_FEW`, `BATCH_INCOMPLETE`, ... */
  readonly code: string
  readonly message: string
  /** What it may do to the quantized model. */
  readonly why: string
}
