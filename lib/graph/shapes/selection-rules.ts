/** Reductions, searches, gathering. */
import type { Dimension, Shape } from '../graph-tensor.js'
import { readAxes, resolveAxes, resolveAxis, type ShapeRule, type ShapeRules, unknownShape } from './rule.js'

const reduction: ShapeRule = (rule) => {
  const { elementType, shape } = rule.input(0)
  const keep = rule.node.int('keepdims', 1) === 1
  const stated = readAxes(rule, 1)
  if (shape === null) return [{ elementType }]
  if (stated === null) return [{ elementType, shape: keep ? unknownShape(shape.length) : null }]
  if ((stated === undefined || stated.length === 0) && rule.node.int('noop_with_empty_axes', 0) === 1)
    return [{ elementType, shape }]
  const all = shape.map((_, axis) => axis)
  const axes = stated === undefined || stated.length === 0 ? all : resolveAxes(stated, shape.length)
  return [{ elementType, shape: axes && dropAxes(shape, axes, keep) }]
}

function dropAxes(shape: Shape, axes: readonly number[], keep: boolean): Shape {
  if (keep) return shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
  return shape.filter((_, axis) => !axes.includes(axis))
}

const search: ShapeRule = ({ node, input }) => {
  const { shape } = input(0)
  const axis = shape === null ? null : resolveAxis(node.int('axis', 0), shape.length)
  if (shape === null || axis === null) return [{ elementType: 'i64' }]
  return [{ elementType: 'i64', shape: dropAxes(shape, [axis], node.int('keepdims', 1) === 1) }]
}

const reductions = ['Max', 'Min', 'Mean', 'Sum', 'Prod', 'L1', 'L2', 'LogSum', 'LogSumExp', 'SumSquare']

export const selectionRules: ShapeRules = {
  ...Object.fromEntries(reductions.map((name) => [`Reduce${name}`, reduction])),
  ArgMax: search,
  ArgMin: search,
  TopK: (rule) => {
    const { elementType, shape } = rule.input(0)
    const axis = shape === null ? null : resolveAxis(rule.node.int('axis', -1), shape.length)
    const count = rule.node.int('k') ?? (rule.has(1) ? (rule.input(1).value?.[0] ?? null) : null)
    const selected = shape !== null && axis !== null ? shape.map((length, at) => (at === axis ? count : length)) : null
    return [
      { elementType, shape: selected },
      { elementType: 'i64', shape: selected },
    ]
  },
  Gather: (rule) => {
    const { elementType, shape, value } = rule.input(0)
    const indices = rule.input(1)
    const axis = shape === null ? null : resolveAxis(rule.node.int('axis', 0), shape.length)
    if (shape === null || axis === null || indices.shape === null) return [{ elementType }]
    const picked = rule.numbers(1)
    const gathered = [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)]
    const values = value !== null && picked !== null && indices.shape.length <= 1 ? pick(value, picked) : null
    return [{ elementType, shape: gathered, value: values }]
  },
  GatherElements: ({ input }) => [{ elementType: input(0).elementType, shape: input(1).shape }],
  GatherND: ({ node, input }) => {
    const { elementType, shape } = input(0)
    const indices = input(1).shape
    const depth = indices?.at(-1)
    const batch = node.int('batch_dims', 0)
    if (shape === null || !indices || typeof depth !== 'number') return [{ elementType }]
    return [{ elementType, shape: [...indices.slice(0, -1), ...shape.slice(batch + depth)] }]
  },
  OneHot: (rule) => {
    const { shape } = rule.input(0)
    const depth = rule.numbers(1)?.[0] ?? null
    const axis = shape === null ? null : resolveAxis(rule.node.int('axis', -1), shape.length + 1)
    const widened = shape !== null && axis !== null ? [...shape.slice(0, axis), depth, ...shape.slice(axis)] : null
    return [{ elementType: rule.input(2).elementType, shape: widened }]
  },
  NonZero: ({ input }) => [{ elementType: 'i64', shape: [input(0).shape?.length ?? null, null] }],
  NonMaxSuppression: () => [{ elementType: 'i64', shape: [null, 3] }],
}

function pick(value: readonly Dimension[], indices: readonly number[]): readonly Dimension[] {
  return indices.map((index) => value[index < 0 ? index + value.length : index] ?? null)
}
