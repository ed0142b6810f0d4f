import { basename } from 'node:path'
import { types } from 'node:util'
import type { EngineIdentity } from '../../engine/manifest.js'
import { Model } from '../../engine/openvino/model.js'
import { engineryError } from '../../errors/enginery-error.js'
import { digestModel, isUnchanged, type ModelDigest } from '../../model/model-digest.js'
import { detectBytesFormat, detectModelFormat, type ModelFormat, type SourceFormat } from '../../model/model-format.js'
import { loadOpenVino } from '../../native/load-addon.js'
import type { NativeModel } from '../../native/openvino-addon.js'
import type { BuildEngineSettings } from './build-options.js'

/** A model as callers gave it, looked at but not read. */
export interface ModelSource {
  readonly format: SourceFormat
  /** For messages: the path as given, or words. */
  readonly shownName: string
  /** A model of the caller's own, to change and close. Throws what the addon throws. */
  read(): Promise<NativeModel>
  digest(signal: AbortSignal | undefined): Promise<EngineIdentity['model']>
  /** Whether what was read is still what was digested. @throws MODEL_CHANGED */
  refuseChanged(): Promise<void>
}

/** @throws MODEL_NOT_FOUND, MODEL_EMPTY, MODEL_FORMAT_UNKNOWN, MODEL_CORRUPT, FILE_NOT_READ */
export async function resolveModelSource(model: BuildEngineSettings['model']): Promise<ModelSource> {
  if (typeof model === 'string') return fileSource(model)
  if (types.isUint8Array(model)) return bytesSource({ bytes: model })
  if (model instanceof Model) return memorySource(model)
  return 'path' in model ? fileSource(model.path) : bytesSource(model)
}

async function fileSource(path: string): Promise<ModelSource> {
  const detected = await detectModelFormat(path)
  const format = sourceFormat(detected.format, path)
  let digest: ModelDigest | undefined
  return {
    format,
    shownName: path,
    read: () =>
      loadOpenVino().readModel(
        detected.weightsPath === null ? { path: detected.path } : { path: detected.path, weightsPath: detected.weightsPath },
      ),
    async digest(signal) {
      digest = await digestModel(detected, { signal })
      return { sha256: digest.sha256, bytes: digest.bytes, name: basename(detected.path), format }
    },
    async refuseChanged() {
      if (digest && !(await isUnchanged(digest))) throw engineryError('MODEL_CHANGED', { model: path })
    },
  }
}

function bytesSource(model: {
  bytes: Uint8Array
  weights?: Uint8Array | undefined
  format?: SourceFormat | undefined
}): ModelSource {
  const shownName = 'the model given as bytes'
  const { bytes, weights } = model
  if (bytes.byteLength === 0) throw engineryError('MODEL_EMPTY', { model: shownName })
  const found = model.format ?? detectBytesFormat(bytes)
  if (found === null) {
    throw engineryError('MODEL_FORMAT_UNKNOWN', {
      model: shownName,
      reason: 'its first bytes do not say; name it: { bytes, format }',
    })
  }
  const format = sourceFormat(found, shownName)
  return {
    format,
    shownName,
    read: () => loadOpenVino().readModel(weights === undefined ? { bytes, format } : { bytes, weights, format }),
    async digest(signal) {
      const { sha256, bytes: total } = await digestModel(weights === undefined ? { bytes } : { bytes, weights }, { signal })
      return { sha256, bytes: total, name: null, format }
    },
    refuseChanged: cannotChange,
  }
}

function memorySource(model: Model): ModelSource {
  const shownName = `the model ${model.name}`
  return {
    format: 'ir',
    shownName,
    read: () => model.cloneNative(),
    async digest() {
      const { sha256, bytes } = await model.digest()
      return { sha256, bytes, name: null, format: 'ir' }
    },
    refuseChanged: cannotChange,
  }
}

async function cannotChange(): Promise<void> {}

function sourceFormat(format: ModelFormat, shownName: string): SourceFormat {
  if (format === 'openvino-blob' || format === 'tensorrt-plan') {
    const reason = 'it is an engine already, not a model; load it with loadEngine()'
    throw engineryError('MODEL_FORMAT_UNKNOWN', { model: shownName, reason })
  }
  return format
}
