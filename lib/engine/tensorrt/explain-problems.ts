import { type EngineryError, engineryError } from '../../errors/enginery-error.js'
import type { NativeParserProblem } from '../../native/tensorrt-addon.js'

/** Something of a model that TensorRT's parser does not take. */
export interface ModelProblem {
  /** Name of the node; its outputs or its number where it has none. */
  readonly node: string | null
  readonly operator: string | null
  /** `unsupported-node`, `invalid-graph`, ... */
  readonly code: string
  readonly reason: string
  readonly cure: string
}

/** The parser's words for one problem, with what to do about it. */
export function explainProblem(problem: NativeParserProblem): ModelProblem {
  const { code, node, nodeName, nodeOperator } = problem
  const reason = problem.description.trim() || code
  const name = nodeName !== '' ? nodeName : node >= 0 ? `node ${node}` : null
  return { node: name, operator: nodeOperator || null, code, reason, cure: cureFor(code, reason, nodeOperator) }
}

function cureFor(code: string, reason: string, operator: string): string {
  if (/INT32|int32/.test(reason) && /Dequantize/.test(operator + reason)) {
    return 'Biases stay float for TensorRT: quantize with the target `tensorrt`.'
  }
  if (/zero.?point/i.test(reason)) return 'TensorRT takes zero point 0 alone: quantize with the target `tensorrt`.'
  if (/plugin/i.test(reason) || /unsupported-node$/.test(code)) {
    return `Rewrite ${operator || 'the operator'} with operators that TensorRT has (\`enginery inspect --tensorrt\` lists those it takes), or load a library with a plugin of that name (option \`plugins\`).`
  }
  if (/deserialize/.test(code)) return 'Export the model again: it is no ONNX model, or is cut short.'
  if (/dynamic/.test(code)) return 'Fix the open dimensions with `shapes`.'
  if (/datatype/.test(code) || /UINT8|DOUBLE/.test(reason))
    return 'Convert the type before this node: TensorRT computes in FP32, FP16, BF16, INT8 and INT32/INT64.'
  if (/weights|initializer|constant/i.test(reason)) return 'Fold constants first: the input has to be a constant of the model.'
  return 'Export the model with a newer operator set, or simplify it (constant folding) before.'
}

/** The error for a model that TensorRT does not take; all problems are in its details. */
export function modelUnsupported(model: string, problems: readonly NativeParserProblem[]): EngineryError {
  const explained = problems.map(explainProblem)
  const shown = explained.slice(0, 8).map(({ node, operator, reason }) => {
    const where = [operator, node].filter(Boolean).join(' ')
    return `  - ${where === '' ? '' : `${where}: `}${reason}`
  })
  if (explained.length > shown.length) shown.push(`  - and ${explained.length - shown.length} more`)
  const cures = [...new Set(explained.map(({ cure }) => cure))]
  return engineryError(
    'TENSORRT_MODEL_UNSUPPORTED',
    { model, problems: shown.join('\n') || '  - no reason was given', cure: cures.join(' ') || 'Check the file.' },
    { details: { problems: explained } },
  )
}
