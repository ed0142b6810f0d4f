import { attribute } from '../attributes.js'
import type { GraphNode } from '../graph-node.js'
import { type FoldingPass, type FoldingStep, nameNode } from './folding-pass.js'

/** A Pad with zeros along height and width becomes part of the pads of the Conv behind it. */
export const foldPadding: FoldingPass = {
  name: 'padding',
  apply(graph) {
    const steps: FoldingStep[] = []
    for (const node of [...graph.nodes]) {
      const output = node.outputs[0] ?? null
      const conv = node.is('Pad') ? (output?.soleConsumer ?? null) : null
      const input = node.inputs[0] ?? null
      if (conv === null || input === null || !conv.is('Conv') || conv.inputs[0] !== output) continue
      const pads = readZeroPads(node)
      const weights = conv.inputs[1]?.constant ?? null
      const combined = pads && weights && pads.length === 2 * weights.shape.length ? combinePads(conv, pads) : null
      if (combined === null) continue
      conv.attributes.set('pads', attribute.ints('pads', combined))
      conv.attributes.delete('auto_pad')
      steps.push({ pass: this.name, nodes: [nameNode(node)], into: conv.label })
      graph.setInput(conv, 0, input)
      graph.deleteNode(node)
    }
    return steps
  },
}

function readZeroPads(node: GraphNode): readonly number[] | null {
  const fill = node.inputs[2] ?? null
  const isZero = fill === null ? node.float('value', 0) === 0 : fill.constant?.numbers()?.[0] === 0
  if (node.text('mode', 'constant') !== 'constant' || !isZero || (node.inputs[3] ?? null) !== null) return null
  const pads = node.ints('pads') ?? node.inputs[1]?.constant?.numbers() ?? null
  return pads && Array.from(pads)
}

function combinePads(conv: GraphNode, pads: readonly number[]): number[] | null {
  const rank = pads.length / 2
  const automatic = conv.text('auto_pad', 'NOTSET')
  if (automatic !== 'NOTSET' && automatic !== 'VALID') return null
  const own = automatic === 'NOTSET' ? (conv.ints('pads') ?? []) : []
  const [before, after] = [pads.slice(0, rank), pads.slice(rank)]
  const outside = [...before.slice(0, 2), ...after.slice(0, 2)]
  // Negative pads cut something off.
  if (outside.some((length) => length !== 0) || pads.some((length) => length < 0)) return null
  return [...before.slice(2), ...after.slice(2)].map((length, axis) => length + (own[axis] ?? 0))
}
