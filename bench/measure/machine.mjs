// The machine, written next to the numbers.
import { readFileSync } from 'node:fs'
import os from 'node:os'

const INTERESTING_FLAGS = {
  AVX2: /\bavx2\b/,
  'AVX-512': /\bavx512f\b/,
  'AVX-VNNI': /\bavx_vnni\b/,
  'AVX512-VNNI': /\bavx512_vnni\b/,
  'AVX512-BF16': /\bavx512_bf16\b/,
  'AMX-BF16': /\bamx_bf16\b/,
  'AMX-INT8': /\bamx_int8\b/,
}

export function describeMachine() {
  let flags = ''
  try {
    flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''
  } catch {
    // only Linux has this file; elsewhere the model name has to do
  }
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    features: Object.entries(INTERESTING_FLAGS)
      .filter(([, pattern]) => pattern.test(flags))
      .map(([name]) => name),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
    load: os.loadavg().map((load) => Math.round(load * 10) / 10),
  }
}
