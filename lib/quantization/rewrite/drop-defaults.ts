import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'

/**
 * Takes attributes out of convolutions that say what holds without them, where weights are constants: exporters write all of
 * them, and in small models they take as much as biases do.
 */
export function dropDefaults(graph: Graph): void {
  for (const node of graph.nodes) {
    if (!node.is('Conv', 'ConvTranspose')) continue
    for (const name of [...node.attributes.keys()]) if (isDefault(node, name)) node.attributes.delete(name)
  }
}

function isDefault(node: GraphNode, name: string): boolean {
  const isEach = (value: number) => node.ints(name)?.every((each) => each === value) === true
  if (name === 'dilations' || name === 'strides') return isEach(1)
  if (name === 'pads') return isEach(0)
  if (name === 'group') return node.int('group') === 1
  if (name === 'auto_pad') return node.text('auto_pad', '') === 'NOTSET'
  return name === 'kernel_shape' && isKnownShape(node)
}

/** The weights have it too. */
function isKnownShape(node: GraphNode): boolean {
  return String(node.ints('kernel_shape')) === String(node.inputs[1]?.shape?.slice(2))
}
