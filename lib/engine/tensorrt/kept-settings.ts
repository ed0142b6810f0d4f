import type { NativeBuilderSettings } from '../../native/tensorrt-addon.js'

/**
 * Settings that TensorRT has otherwise than it was told: it says nothing of what it leaves alone. Sizes of memory pools are not
 * looked at, which it cuts to what the device has.
 *
 * @param kept as read back from its config
 */
export function settingsNotKept(asked: NativeBuilderSettings, kept: Required<NativeBuilderSettings>): string[] {
  const told: string[] = []
  const compare = (name: string, wanted: unknown, found: unknown) => {
    if (JSON.stringify(wanted) !== JSON.stringify(found)) told.push(`TensorRT has ${name} ${show(found)}, not ${show(wanted)}`)
  }
  for (const group of ['flags', 'choices', 'numbers', 'previewFeatures'] as const) {
    for (const [name, wanted] of Object.entries(asked[group])) {
      // What cannot be asked for is not told.
      if (Object.hasOwn(kept[group], name)) compare(name, wanted, kept[group][name])
    }
  }
  for (const list of ['tacticSources', 'computeCapabilities'] as const) {
    const wanted = asked[list]
    if (wanted !== undefined) compare(list, [...wanted].sort(), [...kept[list]].sort())
  }
  return told
}

function show(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value)
}
