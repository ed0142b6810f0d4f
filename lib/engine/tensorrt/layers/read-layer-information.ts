import { z } from 'zod'
import { elementTypeOf, nodesOf, type OptimizedLayer, type OptimizedLayers, type OptimizedTensor } from './optimized-layers.js'

// TensorRT adds fields as it likes; those read here have been there since 8.4.
const tensorSchema = z.looseObject({
  Name: z.string().catch(''),
  Dimensions: z.array(z.number()).catch([]),
  'Format/Datatype': z.string().optional().catch(undefined),
  // Newer ones say it apart.
  Datatype: z.string().optional().catch(undefined),
  Format: z.string().optional().catch(undefined),
})

const weightsSchema = z.looseObject({ Type: z.string().optional().catch(undefined) })

const layerSchema = z.looseObject({
  Name: z.string(),
  LayerType: z.string().optional().catch(undefined),
  ParameterType: z.string().optional().catch(undefined),
  Inputs: z.array(tensorSchema).catch([]),
  Outputs: z.array(tensorSchema).catch([]),
  Weights: weightsSchema.optional().catch(undefined),
  TacticName: z.string().optional().catch(undefined),
  Metadata: z.string().optional().catch(undefined),
})

const informationSchema = z.looseObject({ Layers: z.array(z.union([z.string(), layerSchema])) })

/** Reads what IEngineInspector says of a plan in JSON. What it does not understand is a reason, not an error. */
export function readLayerInformation(text: string): OptimizedLayers {
  const json = parseLeniently(text)
  if (json === undefined) return unreadable('it is no JSON')
  const parsed = informationSchema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return unreadable(`${issue?.path.join('.') || 'the whole'}: ${issue?.message}`)
  }
  const layers = parsed.data.Layers.map((layer) => (typeof layer === 'string' ? nameOnly(layer) : describeLayer(layer)))
  if (layers.length === 0) return { available: false, reason: 'the plan says nothing of its layers (profilingVerbosity none)' }
  return { available: true, source: 'inspector', layers, hasDetails: layers.some(({ type }) => type !== null) }
}

function unreadable(reason: string): OptimizedLayers {
  return { available: false, reason: `what TensorRT says of the layers cannot be read: ${reason}` }
}

// Metadata separates nodes by control characters, which TensorRT writes as they are.
const controls = /\p{Cc}/gu

function parseLeniently(text: string): unknown {
  for (const attempt of [text, text.replace(controls, ' ')]) {
    try {
      return JSON.parse(attempt)
    } catch {
      // The next attempt, or nothing.
    }
  }
  return undefined
}

function nameOnly(name: string): OptimizedLayer {
  return { name, type: null, operation: null, inputs: [], outputs: [], weights: null, tactic: null, nodes: [] }
}

function describeLayer(layer: z.output<typeof layerSchema>): OptimizedLayer {
  return {
    name: layer.Name,
    type: layer.LayerType ?? null,
    operation: layer.ParameterType ?? null,
    inputs: layer.Inputs.map(describeTensor),
    outputs: layer.Outputs.map(describeTensor),
    weights: layer.Weights?.Type === undefined ? null : elementTypeOf(layer.Weights.Type),
    tactic: layer.TacticName ?? null,
    nodes: nodesOf(layer.Metadata ?? ''),
  }
}

function describeTensor(tensor: z.output<typeof tensorSchema>): OptimizedTensor {
  const both = tensor['Format/Datatype']
  const type = tensor.Datatype ?? both
  return {
    name: tensor.Name,
    shape: tensor.Dimensions,
    type: type === undefined ? null : elementTypeOf(type),
    format: tensor.Format ?? both ?? null,
  }
}
