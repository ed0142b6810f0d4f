import { describe, expect, it } from 'vitest'
import { isEngineryError } from '../../../lib/errors/enginery-error.js'
import { foldGraph } from '../../../lib/graph/folding/fold-graph.js'
import { type IgnoredScope, ignoredScopeSchema, resolveIgnoredScope } from '../../../lib/quantization/ignored-scope.js'
import { listNearNames } from '../../../lib/quantization/unmatched-scope.js'
import { floats, makeGraph, type NodeSketch, noise } from '../graph/make-graph.js'

const normalization = {
  gamma: floats([4], 1, 2, 3, 4),
  beta: floats([4], 1, 1, 1, 1),
  mean: floats([4], 0, 0, 0, 0),
  variance: floats([4], 1, 1, 1, 1),
}

/** x -> Conv, BatchNormalization -> Identity -> Relu -> { Conv, Sigmoid } -> Mul; nameless unless named. */
function network({ isNamed = true } = {}) {
  const nodes: NodeSketch[] = [
    { type: 'Conv', name: 'first', inputs: ['x', 'w1'], outputs: ['a'] },
    { type: 'BatchNormalization', name: 'norm', inputs: ['a', 'gamma', 'beta', 'mean', 'variance'], outputs: ['b'] },
    { type: 'Identity', name: 'same', inputs: ['b'], outputs: ['c'] },
    { type: 'Relu', name: 'relu', inputs: ['c'], outputs: ['d'] },
    { type: 'Conv', name: 'second', inputs: ['d', 'w2'], outputs: ['e'] },
    { type: 'Sigmoid', name: 'gate', inputs: ['d'], outputs: ['f'] },
    { type: 'Mul', name: 'product', inputs: ['e', 'f'], outputs: ['y'] },
  ]
  const original = makeGraph({
    inputs: { x: [1, 3, 8, 8] },
    constants: { w1: noise([4, 3, 1, 1]), w2: noise([4, 4, 1, 1]), ...normalization },
    nodes: isNamed ? nodes : nodes.map(({ name: _, ...node }) => node),
    outputs: ['y'],
  })
  return { original, ...foldGraph(original) }
}

function resolve(scope: IgnoredScope, options?: { isNamed: boolean }) {
  const scoped = network(options)
  const ignored = resolveIgnoredScope(scoped, ignoredScopeSchema.parse(scope))
  for (const node of ignored.keys()) expect(scoped.graph.nodes.has(node)).toBe(true)
  return [...ignored.keys()].map((node) => node.label).sort()
}

describe('the ignored scope', () => {
  it('is empty where nothing is said', () => expect(resolve({})).toEqual([]))

  it('knows nodes by their names and by what they write', () => {
    expect(resolve({ names: ['second', 'f'] })).toEqual(['gate', 'second'])
  })

  it('means the node that another was folded into', () => {
    expect(resolve({ names: ['norm'] })).toEqual(['first'])
    expect(resolve({ names: ['b'] })).toEqual(['first'])
    expect(resolve({ names: ['a'] })).toEqual(['first'])
  })

  it('finds nodes without names, whose label changed when they took over the work of another', () => {
    const all = ['BatchNormalization -> b', 'Conv -> a'].map((label) => label.split(' -> ')[1] as string)
    for (const name of all) expect(resolve({ names: [name] }, { isNamed: false })).toEqual(['Conv -> b'])
  })

  it('takes the name of a node that did nothing, and ignores nothing for it', () => {
    expect(resolve({ names: ['same'] })).toEqual([])
    expect(resolve({ types: ['Identity', 'BatchNormalization'] })).toEqual([])
  })

  it('takes regular expressions, with their flags', () => {
    expect(resolve({ patterns: ['^(fir|sec)'] })).toEqual(['first', 'second'])
    expect(resolve({ patterns: [/^SECOND$/gi] })).toEqual(['second'])
    expect(ignoredScopeSchema.safeParse({ patterns: ['('] }).success).toBe(false)
  })

  it('takes operator types', () => expect(resolve({ types: ['Conv'] })).toEqual(['first', 'second']))

  it('takes what lies between tensors or nodes', () => {
    expect(resolve({ subgraphs: [{ inputs: ['d'], outputs: ['y'] }] })).toEqual(['gate', 'product', 'second'])
    expect(resolve({ subgraphs: [{ inputs: ['gate'], outputs: ['product'] }] })).toEqual(['gate', 'product'])
    expect(resolve({ subgraphs: [{ inputs: ['norm'], outputs: ['relu'] }] })).toEqual(['first', 'relu'])
    expect(resolve({ subgraphs: [{ inputs: ['x'], outputs: ['e'] }] })).toEqual(['first', 'relu', 'second'])
  })

  it('says why', () => {
    const scoped = network()
    const scope = ignoredScopeSchema.parse({ names: ['first'], types: ['Conv', 'Sigmoid'], subgraphs: [] })
    expect([...resolveIgnoredScope(scoped, scope)].map(([node, reason]) => [node.label, reason])).toEqual([
      ['first', 'ignored by its name (first)'],
      ['second', 'ignored by its type (Conv)'],
      ['gate', 'ignored by its type (Sigmoid)'],
    ])
  })

  it.each<[string, IgnoredScope, string]>([
    ['names', { names: ['secnod', 'first'] }, 'the name secnod'],
    ['patterns', { patterns: ['^x$'] }, 'the pattern ^x$'],
    ['types', { types: ['conv'] }, 'the operator type conv'],
    ['names of a subgraph', { subgraphs: [{ inputs: ['q'], outputs: ['y'] }] }, 'q of the subgraph from q to y'],
    ['a subgraph without a way', { subgraphs: [{ inputs: ['y'], outputs: ['x'] }] }, 'subgraph from y to x'],
    ['a subgraph the wrong way round', { subgraphs: [{ inputs: ['product'], outputs: ['first'] }] }, 'no way leads there'],
  ])('refuses %s that match nothing, unless told not to validate', (_, scope, text) => {
    const failure = (() => {
      try {
        return resolve(scope)
      } catch (error) {
        return error
      }
    })()
    if (!isEngineryError(failure, 'IGNORED_SCOPE_UNMATCHED')) throw failure
    expect(failure.message).toContain(text)
    expect(() => resolve({ ...scope, validate: false })).not.toThrow()
  })

  it('names what is close', () => {
    const names = ['conv_1', 'conv_2', 'Conv_10', 'relu', 'backbone/conv_1/weights']
    expect(listNearNames('conv_1', names)).toEqual(['conv_1', 'Conv_10', 'conv_2', 'backbone/conv_1/weights'])
    expect(listNearNames('Relu', names)).toEqual(['relu'])
    expect(listNearNames('something else', names)).toEqual([])
    expect(() => resolve({ types: ['conv'] })).toThrow(expect.objectContaining({ cure: expect.stringContaining('Conv') }))
  })
})
