import type { Graph } from '../../graph/graph.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'

/** Lets all who read the same number read one constant: exporters write one for every reader. Quantizers keep their own. */
export function shareScalars(graph: Graph): void {
  const firsts = new Map<string, GraphTensor>()
  for (const tensor of [...graph.tensors.values()]) {
    const { constant } = tensor
    if (constant === null || constant.elements !== 1 || constant.elementType === 'string' || !isFree(tensor)) continue
    const values = constant.values()
    if (values === null || !ArrayBuffer.isView(values)) continue
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')
    const key = `${constant.elementType} [${constant.shape}] ${bytes}`
    const first = firsts.get(key)
    if (first === undefined) firsts.set(key, tensor)
    else {
      graph.replaceUses(tensor, first)
      graph.removeTensor(tensor)
    }
  }
}

// OpenVINO (2026.4.1) leaves products in float whose quantizers share a zero point.
function isFree({ isGraphInput, isGraphOutput, isCaptured, uses }: GraphTensor): boolean {
  if (isGraphInput || isGraphOutput || isCaptured || uses.length === 0) return false
  return uses.every(({ node }) => !node.is('QuantizeLinear', 'DequantizeLinear') && !node.hasSubgraphs)
}
