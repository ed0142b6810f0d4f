import type { Category } from '../../dataset/annotations.js'
import type { TaskResult } from '../../evaluation/tasks/task.js'
import { polygonOfBox, type Shape } from '../../image/draw-shapes.js'
import { formatValue } from './format-quantity.js'
import type { Row } from './render-table.js'

type Categories = readonly Category[]

const nameOf = (category: number, categories: Categories) => categories[category]?.name ?? `class ${category}`

/** The result without what scores less; classes of a classifier are kept. */
export function dropBelow(result: TaskResult, least: number): TaskResult {
  switch (result.task) {
    case 'detection':
      return { ...result, detections: result.detections.filter(({ score }) => score >= least) }
    case 'rotated-detection':
      return { ...result, detections: result.detections.filter(({ score }) => score >= least) }
    case 'text-detection':
      return { ...result, regions: result.regions.filter(({ score }) => score >= least) }
    default:
      return result
  }
}

/** Lines of a table, best first. */
export function resultRows(result: TaskResult, categories: Categories): Row[] {
  const places = (corners: readonly number[]) => corners.map((each) => each.toFixed(1)).join(' ')
  switch (result.task) {
    case 'classification':
      return result.classes.map(({ category, score }) => [nameOf(category, categories), score.toFixed(4)])
    case 'detection':
      return result.detections.map(({ category, score, box }) => [nameOf(category, categories), score.toFixed(4), places(box)])
    case 'rotated-detection':
      return result.detections.map(({ category, score, polygon }) => [
        nameOf(category, categories),
        score.toFixed(4),
        places(polygon),
      ])
    case 'text-detection':
      return result.regions.map(({ score, polygon }) => [score.toFixed(4), places(polygon)])
    case 'text-recognition':
      return [[JSON.stringify(result.text), result.score.toFixed(4)]]
    case 'embedding':
      return [[`${result.vector.length} numbers`, Array.from(result.vector.slice(0, 5), formatValue).join(', ')]]
    case 'custom':
      return [[JSON.stringify(result.value) ?? 'undefined']]
  }
}

/** What is drawn over the picture. */
export function resultShapes(result: TaskResult, categories: Categories): Shape[] {
  const label = (category: number, score: number) => `${nameOf(category, categories)} ${score.toFixed(2)}`
  switch (result.task) {
    case 'detection':
      return result.detections.map(({ category, score, box }) => ({
        polygon: polygonOfBox([...box]),
        label: label(category, score),
        group: category,
      }))
    case 'rotated-detection':
      return result.detections.map(({ category, score, polygon }) => ({
        polygon,
        label: label(category, score),
        group: category,
      }))
    case 'text-detection':
      return result.regions.map(({ polygon }) => ({ polygon }))
    default:
      return []
  }
}

/** Plain data, with names where classes are known. */
export function describeResult(result: TaskResult, categories: Categories): Record<string, unknown> {
  const named = <T extends { readonly category: number }>(each: T) => ({ ...each, name: categories[each.category]?.name ?? null })
  switch (result.task) {
    case 'classification':
      return { ...result, classes: result.classes.map(named) }
    case 'detection':
    case 'rotated-detection':
      return { ...result, detections: (result.detections as readonly { category: number }[]).map(named) }
    case 'embedding':
      return { ...result, vector: Array.from(result.vector) }
    default:
      return { ...result }
  }
}
