import { describe, expect, it } from 'vitest'
import { tensorrtCompileSchema } from '../../../lib/engine/tensorrt/build-options.js'
import { isTrtexecOption, parseTrtexecOptions } from '../../../lib/engine/tensorrt/trtexec-options.js'
import { trtexecTable } from '../../../lib/engine/tensorrt/trtexec-table.js'

const parse = (line: string) => parseTrtexecOptions(line.split(' ').filter(Boolean))

describe('options of trtexec', () => {
  it('mean a build of ours', () => {
    const build = parse(
      [
        '--onnx=yolox.onnx --saveEngine=yolox.plan --int8 --fp16 --calib=yolox.calib --timingCacheFile=t.cache',
        "--minShapes=images:1x3x320x320,'in:put':2 --optShapes=images:1x3x640x640,'in:put':4",
        "--maxShapes=images:8x3x640x640,'in:put':9 --memPoolSize=workspace:1024.5,dlaSRAM:512K,tacticSharedMem:1GiB",
        '--builderOptimizationLevel=4 --sparsity=enable --noTF32 --tacticSources=+CUDNN,-JIT_CONVOLUTIONS --avgTiming=4',
        '--precisionConstraints=obey --profilingVerbosity=detailed --hardwareCompatibilityLevel=ampere+ --vc',
        '--preview=+profileSharing0806 --useDLACore=1 --allowGPUFallback --device=2 --verbose --refit --maxAuxStreams=0',
        '--iterations=100 --useCudaGraph --skipInference',
      ].join(' '),
    )
    expect(build).toEqual({
      model: 'yolox.onnx',
      output: 'yolox.plan',
      calibrationTable: 'yolox.calib',
      timingCache: 't.cache',
      layerInfo: null,
      ignored: ['--iterations', '--useCudaGraph', '--skipInference'],
      options: {
        precision: 'int8',
        device: 2,
        verbose: true,
        profiles: [
          {
            images: { min: [1, 3, 320, 320], opt: [1, 3, 640, 640], max: [8, 3, 640, 640] },
            'in:put': { min: [2], opt: [4], max: [9] },
          },
        ],
        builder: {
          tf32: false,
          memoryPools: { workspace: 1024.5 * 2 ** 20, dlaManagedSram: 512 * 2 ** 10, tacticSharedMemory: 2 ** 30 },
          optimizationLevel: 4,
          sparseWeights: true,
          tacticSources: ['edge-mask-convolutions', 'cudnn'],
          avgTimingIterations: 4,
          precisionConstraints: 'obey',
          profilingVerbosity: 'detailed',
          hardwareCompatibility: 'ampere-plus',
          versionCompatible: true,
          previewFeatures: { 'profile-sharing': true },
          dla: { core: 1, gpuFallback: true },
          refit: true,
          maxAuxStreams: 0,
        },
      },
    })
    const { verbose: _, precision: __, ...compile } = build.options
    expect(tensorrtCompileSchema.safeParse(compile).success).toBe(true)
  })

  it('shapes to calibrate with are a profile of their own', () => {
    const { options } = parse('--shapes=x:4x3 --minShapesCalib=x:1x3 --optShapesCalib=x:8x3 --maxShapesCalib=x:8x3 --int8')
    expect(options).toMatchObject({
      profiles: [{ x: { min: [4, 3], opt: [4, 3], max: [4, 3] } }],
      calibrationProfile: { x: { min: [1, 3], opt: [8, 3], max: [8, 3] } },
    })
    const alone = parse('--optShapesCalib=x:8x3').options
    expect(alone.calibrationProfile).toEqual({ x: { min: [8, 3], opt: [8, 3], max: [8, 3] } })
    expect(alone).not.toHaveProperty('profiles')
  })

  it('libraries of plugins are given once each, whichever way trtexec loads them', () => {
    const line = '--staticPlugins=a.so --dynamicPlugins=b.so --plugins=c.so --setPluginsToSerialize=b.so --ignoreParsedPluginLibs'
    const { options } = parse(line)
    expect(options).toMatchObject({ plugins: ['a.so', 'b.so', 'c.so'], pluginsToSerialize: ['b.so'], ignoreParserPlugins: true })
    const { precision: _, ...compile } = options
    expect(tensorrtCompileSchema.safeParse(compile).success).toBe(true)
    expect(parse('').options).not.toHaveProperty('plugins')
  })

  it.each([
    ['', 'fp32', true],
    ['--fp16', 'fp16', true],
    ['--fp16 --bf16', 'bf16', true],
    ['--int8', 'int8', false],
    ['--int8 --bf16', 'int8', false],
    ['--int8 --fp16', 'int8', true],
    ['--best', 'int8', true],
    ['--fp8', 'fp8', false],
    ['--fp8 --fp16', 'fp8', true],
    ['--stronglyTyped', 'fp32', true],
  ])('%s: the lowest precision, %s; FP16 is beside it: %s', (line, precision, allowsHalf) => {
    const { options } = parse(line)
    expect(options.precision).toBe(precision)
    expect(options.halfPrecision).toBe(allowsHalf ? undefined : false)
  })

  it('say TF32 as trtexec does, where enginery has it off', () => {
    expect(parse('').options.builder).toEqual({ tf32: true })
  })

  it('of one shape are a profile of that shape; of none there is no profile', () => {
    const once = { min: [1, 3], opt: [1, 3], max: [1, 3] }
    expect(parse('--shapes=x:1x3').options.profiles).toEqual([{ x: once }])
    expect(parse('--minShapes=a:1 --shapes=a:2 --optShapes=a:3 --maxShapes=a:4').options.profiles).toEqual([
      { a: { min: [1], opt: [3], max: [4] } },
    ])
    const profileOf = (line: string) => parse(line).options.profiles?.[0]?.x
    expect(profileOf('--optShapes=x:2')).toEqual({ min: [2], opt: [2], max: [2] })
    expect(profileOf('--minShapes=x:1 --maxShapes=x:3')).toEqual({ min: [1], opt: [3], max: [3] })
    expect(profileOf('--minShapes=x:1 --optShapes=x:2')).toEqual({ min: [1], opt: [2], max: [2] })
    expect(profileOf('--optShapes=x:2 --maxShapes=x:3')).toEqual({ min: [2], opt: [2], max: [3] })
    expect(parse('--fp16').options).not.toHaveProperty('profiles')
    expect(Object.keys(parse('--shapes=__proto__:2').options.profiles?.[0] ?? {})).toEqual(['__proto__'])
  })

  it.each([
    ['yolox.onnx', 'expected --name or --name=value'],
    ['-h', 'expected --name or --name=value'],
    ['--noSuchThing=3', 'no such option'],
    ['--constructor', 'no such option'],
    ['--fp16=1', 'expected no value, received "1"'],
    ['--onnx', 'expected a value behind ='],
    ['--onnx=', 'expected a value behind ='],
    ['--minShapes=x:1 --optShapes=x:1 --maxShapes=y:1', 'x: expected it in'],
    ['--shapes=x', 'expected name:value, received "x"'],
    ['--shapes=x:1xb', 'expected a whole number, received "b"'],
    ['--shapes=in:put:1', 'names with colons go in quotation marks'],
    ['--memPoolSize=workspace:lots', 'expected a size such as'],
    ['--memPoolSize=other:3', 'expected one of workspace, dlaSRAM'],
    ['--memPoolSize=workspace:99999999999999999G', 'expected a size'],
    ['--builderOptimizationLevel=high', 'expected a whole number'],
    ['--sparsity=force', 'enginery changes no weights'],
    ['--tacticSources=CUDNN', '+ or - before them'],
    ['--tacticSources=+OTHER', 'expected one of CUBLAS'],
    ['--precisionConstraints=maybe', 'expected one of none, obey, prefer'],
    ['--stronglyTyped --fp16', 'not together with --fp16'],
    ['--int8 --fp8', 'expected one of --int8 and --fp8'],
    ['--layerPrecisions=conv1:fp12', 'expected one of fp32, fp16'],
    ['--layerDeviceTypes=conv1:CPU', 'expected one of GPU, DLA'],
    ['--loadEngine=x.plan', 'nothing is built'],
    ['--heuristic', '--builderOptimizationLevel=2'],
    ['--profile=1', 'several profiles stand in a file: --profiles'],
    ['--cpuOnly', '--library tensorrt-rtx'],
    ['--tuneBuildRoutes=all', 'a plan is built once'],
  ])('are refused where they cannot be followed: %s', (line, reason) => {
    expect(() => parse(line)).toThrow(
      expect.objectContaining({ code: 'TRTEXEC_OPTION_INVALID', message: expect.stringContaining(reason) }),
    )
  })

  it('are told from others', () => {
    expect(isTrtexecOption('--minShapes=x:1')).toBe(true)
    expect(isTrtexecOption('--fp16')).toBe(true)
    expect(isTrtexecOption('--toString')).toBe(false)
    expect(isTrtexecOption('model.onnx')).toBe(false)
  })

  it('that are taken set something of ours, each', () => {
    const values: Record<string, string> = {
      shapes: 'x:1',
      minShapes: 'x:1',
      optShapes: 'x:1',
      maxShapes: 'x:1',
      minShapesCalib: 'x:1',
      optShapesCalib: 'x:1',
      maxShapesCalib: 'x:1',
      memPoolSize: 'workspace:1',
      workspace: '1',
      l2LimitForTiling: '1',
      tacticSources: '+CUDNN',
      preview: '+profileSharing0806',
      precisionConstraints: 'obey',
      layerPrecisions: 'x:fp16',
      layerOutputTypes: 'x:fp16+fp32',
      layerDeviceTypes: 'x:DLA',
      profilingVerbosity: 'detailed',
      hardwareCompatibilityLevel: 'ampere+',
      runtimePlatform: 'WindowsAMD64',
      sparsity: 'enable',
      computeCapabilities: '8.9',
    }
    const nothing = JSON.stringify(parse(''))
    for (const [name, meaning] of Object.entries(trtexecTable)) {
      if (meaning?.kind !== 'flag' && meaning?.kind !== 'value') continue
      const argument = meaning.kind === 'flag' ? `--${name}` : `--${name}=${values[name] ?? '1'}`
      const besides = /^(?:min|opt|max)Shapes$/.test(name) ? ['--minShapes=x:1', '--optShapes=x:1', '--maxShapes=x:1'] : []
      const build = parseTrtexecOptions([...besides, argument])
      expect(JSON.stringify(build), argument).not.toBe(nothing)
      const { verbose: _, precision: __, halfPrecision: ___, ...compile } = build.options
      const parsed = tensorrtCompileSchema.safeParse(compile)
      expect(parsed.error?.issues ?? [], argument).toEqual([])
    }
  })
})
