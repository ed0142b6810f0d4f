import { z } from 'zod'
import type { PropertyInput } from '../../engine/openvino/build-options.js'
import { Model } from '../../engine/openvino/model.js'
import type { Caller } from '../../errors/enginery-error.js'
import { fromNative } from '../../errors/from-native.js'
import { parseOptions } from '../../errors/parse-options.js'
import { requireArgument, requireObject, requireText } from '../../errors/require-argument.js'
import { loadOpenVino } from '../../native/load-addon.js'
import type { NativePropertyValue } from '../../native/openvino-addon.js'
import { type ModelInput, modelSchema } from './build-options.js'
import { resolveModelSource } from './model-source.js'

/** What OpenVINO's core offers beyond building engines. One core serves the whole process. */
export const openvino = {
  /** Version of the OpenVINO library in use. @throws ADDON_NOT_FOUND, ADDON_LOAD_FAILED */
  version(): { buildNumber: string; description: string } {
    return loadOpenVino().version()
  },

  /** Versions of the plugins behind a device name. @throws OPTION_INVALID, DEVICE_NOT_FOUND, DEVICE_LIBRARY_MISSING */
  async pluginVersions(device: string): Promise<Record<string, { buildNumber: string; description: string }>> {
    requireText(device, 'the name of a device, such as CPU', 'device', openvino.pluginVersions)
    return translated(device, () => loadOpenVino().pluginVersions(device))
  },

  /**
   * A property of a device, or of the core where `device` is ''. `SUPPORTED_PROPERTIES` lists a device's names.
   * @throws OPTION_INVALID, PROPERTY_INVALID, DEVICE_NOT_FOUND
   * @example await openvino.getProperty('CPU', 'OPTIMIZATION_CAPABILITIES') // ['FP32', 'INT8', ...]
   */
  async getProperty(device: string, name: string): Promise<unknown> {
    requireDevice(device, openvino.getProperty)
    requireText(name, 'the name of a property', 'name', openvino.getProperty)
    return translated(device, () => loadOpenVino().getProperty(device, name))
  },

  /**
   * Sets properties for every engine built from now on; `device` '' for the core, for example `{ CACHE_DIR: 'folder' }`,
   * OpenVINO's own model cache. Prefer the options of {@link buildEngine}, which are checked and concern one engine.
   * @throws OPTION_INVALID, PROPERTY_INVALID, DEVICE_NOT_FOUND
   */
  async setProperties(device: string, properties: Record<string, PropertyInput>): Promise<void> {
    requireDevice(device, openvino.setProperties)
    requireObject(properties, 'values by name of the property', 'properties', openvino.setProperties)
    return translated(device, () => loadOpenVino().setProperties(device, properties as Record<string, NativePropertyValue>))
  },

  /** Loads a library with operations for models read from now on. @throws OPTION_INVALID, EXTENSION_FAILED */
  async addExtension(path: string): Promise<void> {
    requireText(path, 'the path of a library', 'path', openvino.addExtension)
    try {
      await loadOpenVino().addExtension(path)
    } catch (error) {
      throw fromNative(error, { path })
    }
  },

  /**
   * Reads a model without compiling it, to look at or change.
   * @throws the MODEL_ and EXTERNAL_DATA_ codes
   * @example
   * using model = await openvino.readModel('squeezenet.onnx')
   * model.addOutput('fire9/concat_1')
   * await using engine = await buildEngine({ model })
   */
  async readModel(model: Exclude<ModelInput, Model>): Promise<Model> {
    const parsed = parseOptions(z.strictObject({ model: modelSchema }), { model }, openvino.readModel)
    const source = await resolveModelSource(parsed.model)
    try {
      return new Model(await source.read())
    } catch (error) {
      throw fromNative(error, { model: source.shownName })
    }
  },
} as const

function requireDevice(device: unknown, caller: Caller): void {
  requireArgument(typeof device === 'string', "the name of a device, such as CPU, or '' for the core", device, 'device', caller)
}

async function translated<T>(device: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw fromNative(error, { device })
  }
}
