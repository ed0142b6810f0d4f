import { z } from 'zod'

const aggregateSchema = z.enum(['mean', 'median', 'min', 'max', 'mean-no-outliers', 'median-no-outliers', 'mean-deviation'])

const aggregatesSchema = z
  .union([aggregateSchema, z.strictObject({ min: aggregateSchema, max: aggregateSchema })])
  .describe('how one number is made of those of all samples, for both ends of the range or for each')

const outliersSchema = z
  .number()
  .min(0)
  .max(0.49)
  .default(0.01)
  .describe('share of samples that the no-outlier aggregates leave out at each end')

const fraction = z.number().min(0).max(1)

const isOrdered = ({ lower, upper }: { lower: number; upper: number }) => lower < upper
const unordered = { error: 'expected lower to be less than upper' }

/** Ways from what was observed to the range that integers stand for. */
export const rangeEstimatorOptionsSchema = z.union([
  z.strictObject({
    statistic: z.literal('minmax').describe('smallest and largest element of each sample'),
    aggregate: aggregatesSchema.default('mean'),
    outliers: outliersSchema,
  }),
  z
    .strictObject({
      statistic: z.literal('quantile').describe('elements at two ranks in each sample'),
      lower: fraction.default(0.0001),
      upper: fraction.default(0.9999),
      aggregate: aggregatesSchema.default('mean'),
      outliers: outliersSchema,
    })
    .refine(isOrdered, unordered),
  z
    .strictObject({
      statistic: z.literal('percentile').describe('elements at two ranks among those of all samples together'),
      lower: fraction.default(0.0001),
      upper: fraction.default(0.9999),
    })
    .refine(isOrdered, unordered),
  z.strictObject({
    statistic: z.literal('entropy').describe('the threshold that loses least information (Kullback-Leibler), as TensorRT has it'),
  }),
  z.strictObject({
    statistic: z.literal('mse').describe('the range whose integers are nearest to the elements (mean squared error)'),
  }),
])

/** Names for what is wanted most often. */
export const rangeEstimatorNames = {
  minmax: { statistic: 'minmax', aggregate: { min: 'min', max: 'max' } },
  'mean-minmax': { statistic: 'minmax', aggregate: 'mean' },
  'median-minmax': { statistic: 'minmax', aggregate: 'median' },
  'mean-no-outliers-minmax': { statistic: 'minmax', aggregate: 'mean-no-outliers' },
  'median-no-outliers-minmax': { statistic: 'minmax', aggregate: 'median-no-outliers' },
  'mean-deviation-minmax': { statistic: 'minmax', aggregate: 'mean-deviation' },
  quantile: { statistic: 'quantile' },
  percentile: { statistic: 'percentile' },
  entropy: { statistic: 'entropy' },
  mse: { statistic: 'mse' },
} as const satisfies Record<string, RangeEstimatorInput>

export type RangeEstimatorName = keyof typeof rangeEstimatorNames

/** A range estimator, by a name of {@link rangeEstimatorNames} or in full; the result is in full. */
export const rangeEstimatorSchema = z
  .union([z.enum(Object.keys(rangeEstimatorNames) as [RangeEstimatorName, ...RangeEstimatorName[]]), rangeEstimatorOptionsSchema])
  .transform((value) => (typeof value === 'string' ? rangeEstimatorOptionsSchema.parse(rangeEstimatorNames[value]) : value))

export type Aggregate = z.output<typeof aggregateSchema>
export type RangeEstimatorInput = z.input<typeof rangeEstimatorOptionsSchema>
export type RangeEstimator = z.output<typeof rangeEstimatorOptionsSchema>

/** What must be observed of a tensor for an estimator. */
export function kindsNeededBy(
  estimator: RangeEstimator,
): (
  | { readonly kind: 'range' }
  | { readonly kind: 'histogram' }
  | { readonly kind: 'quantiles'; readonly lower: number; readonly upper: number }
)[] {
  switch (estimator.statistic) {
    case 'minmax':
      return [{ kind: 'range' }]
    case 'quantile':
      return [{ kind: 'quantiles', lower: estimator.lower, upper: estimator.upper }]
    default:
      return [{ kind: 'histogram' }]
  }
}
