export interface ErrorEntry {
  readonly topic: ErrorTopic
  readonly message: string
  readonly cure: string
}

export type ErrorTopic =
  | 'Options and configuration'
  | 'Model files'
  | 'Tensors'
  | 'Inputs and outputs'
  | 'Building engines'
  | 'Saved engines'
  | 'Devices and backends'
  | 'Inference'
  | 'Evaluation'
  | 'Calibration'
  | 'Quantization'
  | 'Data files'
  | 'Pictures'
  | 'Reading and writing files'
  | 'Addons'
  | 'Everything else'
