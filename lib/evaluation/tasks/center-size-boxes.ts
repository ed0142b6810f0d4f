import type { ImageSize } from '../../image/image.js'
import { collectScores, type ScoreColumns } from './collect-scores.js'
import type { PreparedOutputs } from './detect.js'
import type { PredictionTable } from './prediction-table.js'

interface BoxOptions {
  /** Boxes are parts of the input, 0 to 1, not pixels. */
  readonly normalized: boolean
  readonly scoreThreshold: number
}

/** Predictions whose first four columns are the centre and the size of a finished box. */
export function prepareCenterSizeBoxes(
  table: PredictionTable,
  columns: ScoreColumns,
  input: ImageSize,
  { normalized, scoreThreshold }: BoxOptions,
): PreparedOutputs {
  const { data, columnStride: step } = table
  const [scaleX, scaleY] = normalized ? [input.width, input.height] : [1, 1]
  return {
    samples: table.samples,
    collect(sample, candidates) {
      const start = sample * table.sampleStride
      collectScores(table, sample, columns, scoreThreshold, (row, category, score) => {
        const at = start + row * table.rowStride
        const x = scaleX * (data[at] as number)
        const y = scaleY * (data[at + step] as number)
        const halfWidth = (scaleX * (data[at + 2 * step] as number)) / 2
        const halfHeight = (scaleY * (data[at + 3 * step] as number)) / 2
        candidates.add(score, category, x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight)
      })
    },
  }
}
