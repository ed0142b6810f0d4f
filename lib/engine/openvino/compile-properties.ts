import type { NativePropertyValue } from '../../native/openvino-addon.js'
import type { OpenVinoCompileOptions } from './build-options.js'

const performanceHints = {
  latency: 'LATENCY',
  throughput: 'THROUGHPUT',
  'cumulative-throughput': 'CUMULATIVE_THROUGHPUT',
} as const

const coreTypes = { any: 'ANY_CORE', 'p-cores': 'PCORE_ONLY', 'e-cores': 'ECORE_ONLY' } as const

const inferencePrecisions = { fp32: 'f32', fp16: 'f16', bf16: 'bf16' } as const

/**
 * OpenVINO's properties for our options.
 *
 * The inference precision is always set: left to itself OpenVINO computes in bf16 on machines with AMX and in f16 on
 * GPUs, and 'fp32' would not be what it says. Raw properties come last and win.
 *
 * @see https://docs.openvino.ai/2026/api/c_cpp_api/group__ov__runtime__cpp__prop__api.html
 */
export function compileProperties(options: OpenVinoCompileOptions): Record<string, NativePropertyValue> {
  const hints = options.hints ?? {}
  const properties: Record<string, NativePropertyValue> = {
    INFERENCE_PRECISION_HINT: inferencePrecisions[options.precision],
    PERFORMANCE_HINT: performanceHints[hints.performance ?? 'latency'],
  }
  const set = (name: string, value: NativePropertyValue | undefined) => {
    if (value !== undefined) properties[name] = value
  }
  set('PERFORMANCE_HINT_NUM_REQUESTS', hints.requests)
  set('NUM_STREAMS', hints.streams === 'auto' ? 'AUTO' : hints.streams)
  set('INFERENCE_NUM_THREADS', hints.threads)
  set('EXECUTION_MODE_HINT', hints.executionMode?.toUpperCase())
  set('ENABLE_CPU_PINNING', hints.cpuPinning)
  set('ENABLE_HYPER_THREADING', hints.hyperThreading)
  set('SCHEDULING_CORE_TYPE', hints.schedulingCoreType && coreTypes[hints.schedulingCoreType])
  set('MODEL_PRIORITY', hints.modelPriority?.toUpperCase())
  set('PERF_COUNT', hints.profile)
  return { ...properties, ...options.properties }
}

/** The same for a graph that the calling thread computes alone, as `inferSync` does. */
export function oneThreadProperties(options: OpenVinoCompileOptions): Record<string, NativePropertyValue> {
  return {
    ...compileProperties(options),
    PERFORMANCE_HINT: 'LATENCY',
    NUM_STREAMS: 1,
    INFERENCE_NUM_THREADS: 1,
    ENABLE_CPU_PINNING: false,
  }
}
