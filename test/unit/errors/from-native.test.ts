import { describe, expect, it } from 'vitest'
import { engineryError } from '../../../lib/errors/enginery-error.js'
import { fromNative, type NativeFailureContext, shortenReason } from '../../../lib/errors/from-native.js'
import type { NativeErrorCode } from '../../../lib/native/openvino-addon.js'

function nativeError(code: string, message: string, engineLog?: string[]): Error {
  return Object.assign(new Error(message), { code }, engineLog && { engineLog })
}

// Messages as OpenVINO 2026.4 writes them.
const openvino = {
  unknownDevice:
    'Exception from src/inference/src/cpp/core.cpp:117:\nException from src/inference/src/dev/core_impl.cpp:706:\nDevice with "FOO" name is not registered in the OpenVINO Runtime\n\n\n',
  noOpenCl:
    'Exception from src/inference/src/cpp/core.cpp:117:\nCannot load library "/opt/libs/libopenvino_intel_gpu_plugin.so": libOpenCL.so.1: cannot open shared object file: No such file or directory\n',
  cpuNumber:
    "Exception from src/inference/src/dev/plugin.cpp:54:\nCheck 'device_id.empty()' failed at src/plugins/intel_cpu/src/config.cpp:247:\nCPU plugin supports only '' as device id\n",
  property:
    'Exception from src/inference/src/dev/plugin.cpp:54:\nException from src/plugins/intel_cpu/src/config.cpp:505:\nNotFound: Unsupported property FOO by CPU plugin.\n\n',
  truncated:
    "Exception from src/inference/src/cpp/core.cpp:84:\nCheck 'm_model->ParseFromIstream(&model_file)' failed at src/frontends/onnx/frontend/src/core/graph_iterator_proto.cpp:563:\nFrontEnd API failed with GeneralFailure:\nModel can't be parsed\n\n",
}

describe('fromNative', () => {
  it.each<[NativeErrorCode, string, NativeFailureContext, string, string]>([
    ['NATIVE_ARGUMENT', 'not a model', {}, 'BUG', 'not a model'],
    ['NATIVE_BUSY', 'busy', {}, 'BUG', 'busy'],
    ['NATIVE_CLOSED', 'closed', { what: 'The engine' }, 'ENGINE_CLOSED', 'The engine was closed'],
    ['NATIVE_CANCELLED', 'stopped', {}, 'INFERENCE_CANCELLED', 'stopped'],
    ['NATIVE_TENSOR', 'input x: expected 4 bytes, received 3', {}, 'PORT_MISMATCH', 'expected 4 bytes'],
    ['NATIVE_MEMORY', 'no', {}, 'OUT_OF_MEMORY', 'no'],
    ['NATIVE_FILE', 'No space left', { path: 'a', writing: true }, 'FILE_NOT_WRITTEN', 'a could not be written: No space'],
    ['NATIVE_FILE', 'denied', { path: 'a' }, 'FILE_NOT_READ', 'a could not be read: denied'],
    ['OV_READ', openvino.truncated, { model: 'm.onnx' }, 'MODEL_NOT_READ', "m.onnx: Model can't be parsed"],
    ['OV_READ', 'OpenVINO does not support the following ONNX operations: X', {}, 'MODEL_UNSUPPORTED', 'operations: X'],
    ['OV_MODEL_BYTES', 'cut short', { model: 'm.xml' }, 'MODEL_CORRUPT', 'm.xml is damaged: cut short'],
    ['OV_MODEL', 'no', {}, 'MODEL_CHANGE_REFUSED', 'no'],
    ['OV_PREPROCESS', 'no', {}, 'PREPROCESS_INVALID', 'no'],
    ['OV_COMPILE', 'no', { device: 'CPU' }, 'ENGINE_BUILD_FAILED', 'CPU: no'],
    ['OV_COMPILE', openvino.property, { device: 'CPU' }, 'PROPERTY_INVALID', 'Unsupported property FOO'],
    ['OV_COMPILE', openvino.unknownDevice, { device: 'FOO', availableDevices: ['CPU'] }, 'DEVICE_NOT_FOUND', 'available: CPU'],
    ['OV_COMPILE', openvino.cpuNumber, { device: 'CPU.3' }, 'DEVICE_NOT_FOUND', 'no device CPU.3'],
    ['OV_COMPILE', openvino.noOpenCl, { device: 'GPU' }, 'DEVICE_LIBRARY_MISSING', 'the library libOpenCL.so.1, which'],
    ['OV_IMPORT', 'no', { path: 'e.blob' }, 'ENGINE_IMPORT_FAILED', 'e.blob: no'],
    ['OV_IMPORT', openvino.noOpenCl, { device: 'GPU' }, 'DEVICE_LIBRARY_MISSING', 'libOpenCL.so.1'],
    ['OV_EXPORT', 'no', {}, 'ENGINE_EXPORT_FAILED', 'no'],
    ['OV_INFER', 'no', {}, 'INFERENCE_FAILED', 'no'],
    ['OV_DEVICE', 'no', { device: 'GPU' }, 'DEVICE_FAILED', 'Device GPU'],
    ['OV_PROPERTY', 'no', {}, 'PROPERTY_INVALID', 'no'],
    ['OV_EXTENSION', 'no', { path: 'x.so' }, 'EXTENSION_FAILED', 'x.so'],
  ])('%s: %j', (code, message, context, expectedCode, expectedMessage) => {
    const native = nativeError(code, message, ['a line'])
    const error = fromNative(native, context)
    expect(error.code).toBe(expectedCode)
    expect(error.message).toContain(expectedMessage)
    expect(error.message).not.toContain('.cpp')
    expect(error.cause).toBe(native)
    expect(error.engineLog).toEqual(['a line'])
  })

  it('passes our own errors through', () => {
    const ours = engineryError('ENGINE_CLOSED', { what: 'It' })
    expect(fromNative(ours)).toBe(ours)
  })

  it.each([
    ['an error without code', new Error('x')],
    ['a code of nobody', nativeError('toString', 'x')],
    ['a string', 'x'],
    ['null', null],
  ])('calls %s a bug and keeps it', (_, thrown) => {
    const error = fromNative(thrown)
    expect(error.code).toBe('BUG')
    expect(error.cause).toBe(thrown)
  })

  it("has the caller's stack", () => {
    const infer = () => fromNative(nativeError('OV_INFER', 'no'), { caller: infer })
    expect(infer().stack).not.toContain('at infer')
  })
})

describe('shortenReason', () => {
  it('keeps what is not a source position', () => {
    expect(shortenReason(openvino.truncated)).toBe("Model can't be parsed")
    expect(shortenReason('plain')).toBe('plain')
    expect(shortenReason('Exception from a.cpp:1: the rest')).toBe('the rest')
    expect(shortenReason('a\n\na\nb')).toBe('a\nb')
  })

  it('is never empty', () => {
    expect(shortenReason('Exception from a.cpp:1:')).toBe('Exception from a.cpp:1:')
    expect(shortenReason('')).toBe('no reason was given')
  })
})
