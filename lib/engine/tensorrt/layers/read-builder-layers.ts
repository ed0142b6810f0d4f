import { elementTypeOf, nodesOf, type OptimizedLayer, type OptimizedLayers, type OptimizedTensor } from './optimized-layers.js'

/**
 * Reads what TensorRT's builder writes into its log of the layers that it made: a heading, a line for each layer, and, behind an
 * empty line, other things. No document promises this text; what is not as expected is a reason, not an error.
 */
export function readBuilderLayers(text: string | undefined): OptimizedLayers {
  if (text === undefined) return { available: false, reason: 'its builder wrote nothing of the layers that it made' }
  const [, ...lines] = text.split('\n')
  const end = lines.findIndex((line) => line.trim() === '')
  const layers: OptimizedLayer[] = []
  for (const line of end < 0 ? lines : lines.slice(0, end)) {
    const layer = readLine(line)
    if (layer === null)
      return { available: false, reason: `what its builder wrote of layers is not understood: ${line.slice(0, 80)}` }
    layers.push(layer)
  }
  if (layers.length === 0) return { available: false, reason: 'its builder wrote of no layers' }
  return { available: true, source: 'builder', layers, hasDetails: true }
}

// In this order. Names may hold commas and brackets, so a field ends where the next begins.
const keys = ['Name', 'LayerType', 'Inputs', 'Constants', 'Outputs', 'TacticName', 'StreamId', 'EventId', 'Metadata'] as const

function readLine(line: string): OptimizedLayer | null {
  const fields = splitFields(line)
  const { Name: name, LayerType: type } = fields
  if (name === undefined || type === undefined) return null
  const constants = tensorsOf(fields.Constants)
  const [largest] = [...constants].sort((one, other) => elementsOf(other) - elementsOf(one))
  return {
    name,
    type,
    operation: null,
    inputs: tensorsOf(fields.Inputs),
    outputs: tensorsOf(fields.Outputs),
    weights: largest?.type ?? null,
    tactic: fields.TacticName || null,
    nodes: nodesOf(fields.Metadata ?? ''),
  }
}

function splitFields(line: string): Partial<Record<(typeof keys)[number], string>> {
  const fields: Partial<Record<(typeof keys)[number], string>> = {}
  let open: { readonly key: (typeof keys)[number]; readonly start: number } | undefined
  let from = 0
  for (const key of keys) {
    const mark = open === undefined ? `${key}: ` : `, ${key}: `
    const at = line.indexOf(mark, from)
    if (at < 0 || (open === undefined && at !== 0)) continue
    if (open !== undefined) fields[open.key] = line.slice(open.start, at).trim()
    from = at + mark.length
    open = { key, start: from }
  }
  if (open !== undefined) fields[open.key] = line.slice(open.start).trim()
  return fields
}

// { Name: x, Dimensions: [1,3,8,8], Strides: [...], StrideOrder: [...], Datatype: Float, Format: (Linear) Row major }; older
// ones have `Format/Datatype: Half` in place of the last two.
const tensorPattern = /\{ Name: (.*?), Dimensions: \[([^\]]*)\],(.*?) \}(?=, \{ Name: |\s*\]?$)/g

function tensorsOf(list = ''): OptimizedTensor[] {
  return [...list.matchAll(tensorPattern)].map(([, name = '', lengths = '', rest = '']) => {
    const type = /(?:Datatype|Format\/Datatype): ([^,}]*)/.exec(rest)?.[1] ?? ''
    const format = /Format: (.*)$/.exec(rest)?.[1]?.trim() ?? type
    const shape = lengths === '' ? [] : lengths.split(',').map(Number)
    return { name, shape, type: elementTypeOf(type), format: format === '' ? null : format }
  })
}

function elementsOf({ shape }: OptimizedTensor): number {
  return shape.reduce((product, length) => product * length, 1)
}
