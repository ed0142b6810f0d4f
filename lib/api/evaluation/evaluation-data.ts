import type { Dataset, Sample } from '../../dataset/annotations.js'
import type { OpenedDataset } from '../../dataset/build-dataset.js'
import type { DatasetOptions } from '../../dataset/dataset-options.js'
import type { DatasetWarning } from '../../dataset/dataset-warnings.js'
import { openDataset } from '../../dataset/open-dataset.js'
import type { TensorIterable } from '../../dataset/read-samples.js'
import { subsample } from '../../dataset/subsample.js'
import type { ResultStore } from '../../evaluation/result-store.js'
import { evaluateOptionInvalid } from './evaluate-option-invalid.js'
import type { EvaluateOptions } from './evaluate-options.js'

/** What an evaluation reads its samples from. */
export interface EvaluationData {
  readonly source: Dataset | TensorIterable
  /** What is known beforehand; of an iterable, nothing. */
  readonly listed: Dataset
  readonly warnings: readonly DatasetWarning[]
}

/** @throws as openDataset and subsample; OPTION_INVALID for a subset of an iterable */
export async function openEvaluationData(
  data: EvaluateOptions['data'],
  subset: EvaluateOptions['subset'],
): Promise<EvaluationData> {
  if (Symbol.asyncIterator in data || Symbol.iterator in data) {
    const reason = 'expected a dataset to draw from, received an iterable, which is read once'
    if (subset) throw evaluateOptionInvalid('subset', reason)
    const listed = { format: 'iterable', categories: [], samples: [], digest: '' }
    return { source: data as TensorIterable, listed, warnings: [] }
  }
  const dataset = 'samples' in data ? (data as Dataset) : await openDataset(data as DatasetOptions)
  const listed = subset ? subsample(dataset, subset) : dataset
  return { source: listed, listed, warnings: 'warnings' in listed ? (listed as OpenedDataset).warnings : [] }
}

/** The samples that one of the models has no result for yet. */
export function withoutDone({ source }: EvaluationData, stores: readonly ResultStore[]): Dataset | TensorIterable {
  if (!('samples' in source)) return source
  return { ...source, samples: source.samples.filter(({ id }) => stores.some((store) => !store.outcomes.has(id))) }
}

/** Those of an iterable are numbered in its order; results come as they are done. */
export function listSamples({ source, listed }: EvaluationData, stores: readonly ResultStore[]): readonly Sample[] {
  if ('samples' in source) return listed.samples
  return [...(stores[0]?.outcomes.keys() ?? [])].sort((a, b) => Number(a) - Number(b)).map((id) => ({ id }))
}
