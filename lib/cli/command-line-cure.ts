import type { ErrorCode } from '../errors/error-table.js'

// The table's cures speak of the library's options. These say which options of the command they come down to.
const cures: Partial<Record<ErrorCode, string>> = {
  SHAPE_INVALID: '--shape name=1x3x224x224 settles a shape, --dynamic-shapes keeps it open',
  ENGINE_MISMATCH: '--rebuild-from <model> builds it again and saves it in place of the old one',
  ENGINE_CORRUPT: '--rebuild-from <model> builds it again and saves it in place of the old one',
  ENGINE_IMPORT_FAILED: '--rebuild-from <model> builds it again and saves it in place of the old one',
  MODEL_QUANTIZED: '--pass (quantize) writes it as it is; build takes it without --precision int8',
  INPUT_TYPE: '--cast converts arrays of another element type',
  INPUT_MISSING: '--input name=file.npy gives a value, --random-input (run) makes values up',
  CACHE_UNUSABLE: '--cache <dir> names another folder, --no-cache does without',
  PRECISION_UNSUPPORTED: '--precision fp32, or another --device',
  TENSORRT_NO_DEVICE: '--library tensorrt-rtx (build) and --tensorrt tensorrt-rtx (inspect) need no GPU',
  TENSORRT_PROFILE_INVALID: '--shape name=1x3x640x640 settles a shape, --profiles <file> keeps it open within ranges',
  TENSORRT_INT8_SHARE_LOW: '--require-int8 with a smaller share; --layer-info <file> writes what layers compute in, without it',
  PROPERTY_INVALID: 'enginery doctor --verbose lists the names that --property takes',
}

/** Options of the command line that cure an error, where there are any. */
export function commandLineCure(code: ErrorCode): string | undefined {
  return cures[code]
}
