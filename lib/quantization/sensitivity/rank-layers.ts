/** What one layer costs when it alone is quantized. */
export interface LayerSensitivity {
  /** Its name, or for a nameless one what it writes. */
  readonly layer: string
  readonly operator: string
  /** Noise of the model's outputs over their variance, the mean over outputs: 0 is nothing, 1 is all noise. */
  readonly noise: number
}

/** Most harmful first; of equal ones in the order of the model. */
export function rankLayers(layers: readonly LayerSensitivity[]): LayerSensitivity[] {
  return layers
    .map((layer, index) => ({ layer, index }))
    .sort((a, b) => b.layer.noise - a.layer.noise || a.index - b.index)
    .map(({ layer }) => layer)
}
