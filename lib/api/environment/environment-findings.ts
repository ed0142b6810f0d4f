import type { CpuFeatures } from '../../native/kernels-addon.js'
import type { EnvironmentReport } from './check-environment.js'

/** One conclusion of the check. */
export interface Finding {
  /** `problem`: something that every engine needs is missing. `note`: worth knowing, or needed for some devices only. */
  readonly level: 'ok' | 'note' | 'problem'
  readonly text: string
  /** What to do, where there is something to do. */
  readonly cure: string | null
}

/** What the facts of a report mean. */
export function findingsOf(report: Omit<EnvironmentReport, 'findings'>): Finding[] {
  return [
    ...nodeFindings(report),
    ...addonFindings(report),
    ...deviceFindings(report),
    ...tensorrtFindings(report),
    ...(report.cpu ? cpuFindings(report.cpu) : []),
    sharpFinding(report),
    ...folderFindings(report),
  ]
}

type Facts = Omit<EnvironmentReport, 'findings'>

function* nodeFindings({ node }: Facts): Iterable<Finding> {
  if (node.supported) yield { level: 'ok', text: `Node ${node.version} is supported (${node.required})`, cure: null }
  else
    yield {
      level: 'problem',
      text: `Node ${node.version} is too old: ${node.required} is needed`,
      cure: 'Install a current Node.',
    }
}

function* addonFindings({ addons }: Facts): Iterable<Finding> {
  for (const addon of addons) {
    if (addon.loaded) yield { level: 'ok', text: `The addon ${addon.name} works`, cure: null }
    else yield { level: 'problem', text: addon.reason ?? `The addon ${addon.name} does not load`, cure: addon.cure }
  }
}

function* deviceFindings({ openvino }: Facts): Iterable<Finding> {
  if (!openvino) return
  for (const plugin of openvino.plugins) {
    if (plugin.reason === null) continue
    const needed = plugin.name === 'CPU'
    yield {
      level: needed ? 'problem' : 'note',
      text: plugin.reason.startsWith('Device ') ? plugin.reason : `Device ${plugin.name} cannot be used: ${plugin.reason}`,
      cure: plugin.cure ?? (needed ? 'Install enginery again.' : null),
    }
  }
  for (const device of openvino.devices) {
    yield { level: 'ok', text: `Device ${device.name} works: ${device.fullName}`, cure: null }
  }
}

// Nothing of it is needed by an engine of OpenVINO's, so nothing of it is a problem.
function* tensorrtFindings({ tensorrt, variables }: Facts): Iterable<Finding> {
  const { libraries, devices, driverReason, addonReason, addonCure } = tensorrt
  if (addonReason !== null) {
    yield { level: 'note', text: `TensorRT cannot be used: ${addonReason}`, cure: addonCure }
    return
  }
  for (const { path, product, version, ability, reason, cure } of libraries) {
    const title = product === 'tensorrt' ? 'TensorRT' : 'TensorRT-RTX'
    if (reason !== null) yield { level: 'note', text: `${title} cannot be used (${path}): ${reason}`, cure }
    else if (version !== null) {
      // TensorRT-RTX builds without a GPU; the rest is of no use without one.
      const level = devices.length === 0 && product === 'tensorrt' ? 'note' : 'ok'
      yield { level, text: `${title} ${version} ${ability}`, cure: null }
    }
  }
  const root = variables.TENSORRT_ROOT
  if (root && !libraries.some(({ place }) => place === 'TENSORRT_ROOT')) {
    const cure =
      "Set it to the folder of NVIDIA's SDK: the one in which lib/libnvinfer.so.10, lib/libtensorrt_rtx.so.1 or their like are."
    yield { level: 'note', text: `TENSORRT_ROOT is ${root}, and no library of TensorRT is there`, cure }
  }
  if (libraries.length === 0) {
    const cure =
      "Install TensorRT (pip install tensorrt) or TensorRT-RTX (pip install tensorrt-rtx-cu13-libs), or set TENSORRT_ROOT to the folder of NVIDIA's SDK."
    yield { level: 'note', text: 'TensorRT was not found: plans for NVIDIA GPUs cannot be built', cure }
  } else if (driverReason !== null) {
    const cure =
      "Where there is an NVIDIA GPU, install its driver; in a container, start it with the driver's libraries (--gpus all)."
    yield { level: 'note', text: `There is no NVIDIA GPU to run plans on: ${driverReason}`, cure }
  }
  for (const { name, computeCapability } of devices) {
    yield { level: 'ok', text: `GPU ${name}, compute capability ${computeCapability}`, cure: null }
  }
}

function* cpuFindings(cpu: CpuFeatures): Iterable<Finding> {
  yield cpuVerdict(cpu)
  if (cpu.amxBf16 || cpu.avx512Bf16) {
    yield {
      level: 'ok',
      text: "This processor computes in bfloat16: precision 'bf16' can be faster than fp32 and is less exact",
      cure: null,
    }
  }
  if (cpu.cpuQuota !== null && cpu.cpuQuota < cpu.logicalCores) {
    yield {
      level: 'note',
      text: `This container may use ${cpu.cpuQuota} of ${cpu.logicalCores} hardware threads`,
      cure: `Where threads are not limited already, pass --threads ${Math.max(1, Math.floor(cpu.cpuQuota))} so that they do not wait for each other.`,
    }
  }
}

function cpuVerdict(cpu: CpuFeatures): Finding {
  if (cpu.amxInt8) return { level: 'ok', text: 'INT8 models run on AMX: several times the speed of fp32', cure: null }
  if (cpu.avx512Vnni || cpu.avxVnni)
    return { level: 'ok', text: 'INT8 models run on VNNI instructions: well above the speed of fp32', cure: null }
  if (cpu.avx2) {
    return {
      level: 'note',
      text: 'INT8 models run without VNNI: the gain over fp32 is smaller, and 8-bit weights can saturate intermediate sums',
      cure: 'Measure the INT8 model against the float one here (enginery bench) and compare their outputs.',
    }
  }
  return {
    level: 'note',
    text: 'No AVX2 on this processor, or its features are unknown: inference works and is slow',
    cure: 'In a virtual machine, pass the host processor through (for example -cpu host).',
  }
}

function sharpFinding({ sharp }: Facts): Finding {
  const { version, reason, cure } = sharp
  if (reason === null) return { level: 'ok', text: `Pictures can be decoded: sharp ${version}`, cure: null }
  return { level: 'note', text: `Pictures cannot be decoded: ${reason}`, cure }
}

function* folderFindings({ folders }: Facts): Iterable<Finding> {
  for (const { purpose, path, exists, writable, reason } of folders) {
    if (writable)
      yield {
        level: 'ok',
        text: `The folder of the ${purpose} ${path} ${exists ? 'can be written' : 'can be created'}`,
        cure: null,
      }
    else
      yield {
        level: 'problem',
        text: `The folder of the ${purpose} ${path} cannot be used: ${reason}`,
        cure: 'Make it writable or name another one.',
      }
  }
}
