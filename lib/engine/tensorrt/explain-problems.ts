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
  const said = problem.description.trim()
  // The parser checks some operators by an assertion of `false`.
  const reason = said === 'false' ? 'TensorRT has no such operator' : said || code
  const name = nodeName !== '' ? nodeName : node >= 0 ? `node ${node}` : null
  return { node: name, operator: nodeOperator || null, code, reason, cure: cureFor(code, reason, nodeOperator) }
}

// Quantized while they run, or between layers on integers: for CPUs.
const forCpus = /^(?:.*\.)?(?:DynamicQuantize\w+|ConvInteger|MatMulInteger\w*|QLinear\w+|QGemm|QAttention)$/

function cureFor(code: string, reason: string, operator: string): string {
  if (forCpus.test(operator)) {
    return 'The model was quantized for CPUs: give the float model, with `precision: "int8"` and `calibration`, or quantize it for the target `tensorrt`.'
  }
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

/** The same of several nodes. */
export interface ProblemGroup {
  readonly operator: string | null
  readonly reason: string
  readonly cure: string
  /** Names of the nodes, as far as they are known. */
  readonly nodes: readonly string[]
  readonly count: number
}

/** Problems that differ by their node alone are one; groups stand in the order of their first. */
export function groupProblems(problems: readonly ModelProblem[]): ProblemGroup[] {
  const groups = new Map<string, ModelProblem[]>()
  for (const problem of problems) {
    const key = JSON.stringify([problem.operator, problem.reason, problem.cure])
    groups.set(key, [...(groups.get(key) ?? []), problem])
  }
  return [...groups.values()].map((group) => {
    const { operator, reason, cure } = group[0] as ModelProblem
    return { operator, reason, cure, nodes: group.flatMap(({ node }) => node ?? []), count: group.length }
  })
}

/** What a group says, in a line. */
export function describeGroup({ operator, reason, nodes, count }: ProblemGroup): string {
  if (count === 1) {
    const where = [operator, ...nodes].filter(Boolean).join(' ')
    return where === '' ? reason : `${where}: ${reason}`
  }
  const named = nodes.length === 0 ? '' : `: ${nodes.slice(0, 3).join(', ')}${nodes.length > 3 ? ', ...' : ''}`
  return `${operator === null ? '' : `${operator}: `}${reason} (${count} nodes${named})`
}

/** The error for a model that TensorRT does not take; all problems are in its details. */
export function modelUnsupported(
  model: string,
  problems: readonly NativeParserProblem[],
  engineLog: readonly string[] = [],
): EngineryError {
  const explained = problems.map(explainProblem)
  const groups = groupProblems(explained)
  const shown = groups.slice(0, 8).map((group) => `  - ${describeGroup(group)}`)
  if (groups.length > shown.length) shown.push(`  - and ${groups.length - shown.length} more`)
  const cures = [...new Set(explained.map(({ cure }) => cure))]
  return engineryError(
    'TENSORRT_MODEL_UNSUPPORTED',
    { model, problems: shown.join('\n') || '  - no reason was given', cure: cures.join(' ') || 'Check the file.' },
    { details: { problems: explained }, engineLog: [...engineLog] },
  )
}
