import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { planReportSchema } from '../../lib/cli/reports/plan-report-schema.js'
import { writeNpy } from '../../lib/dataset/npy.js'
import { convolutionModel } from '../models/encode-onnx.js'
import { coreLibraries, describeWithTensorRt } from '../tensorrt/libraries.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

const library = coreLibraries['TensorRT-RTX 1.7']
const build = ['build', 'conv.onnx', '--backend', 'tensorrt', '--library', library, '--compute-capability', '8.9']

describeWithTensorRt('TensorRT-RTX 1.7', 'enginery build --backend tensorrt --int8', () => {
  it('what the builder says of every layer is on the terminal once, with how often; a report has all of it', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'conv.onnx'), convolutionModel({ layers: 6, channels: 8, size: 16 }))
    const data = Float32Array.from({ length: 4 * 8 * 16 * 16 }, (_, at) => Math.sin(at * 0.37))
    await writeNpy(join(folder, 'samples.npy'), { type: 'f32', shape: [4, 8, 16, 16], data })
    const args = [...build, '--int8', '--fp16', '--data', 'samples.npy']
    const outcome = await runCli([...args, '--json'], { cwd: folder })
    const { plan } = planReportSchema.parse(parseReport(outcome))
    const repeated = plan.warnings.filter(({ count }) => count > 1)
    expect(repeated.length).toBeGreaterThan(0)
    const warned = outcome.stderr.split('\n').filter((line) => line.startsWith('warning: TensorRT'))
    expect(warned.length).toBeLessThanOrEqual(plan.warnings.length)
    for (const { text, count } of repeated)
      expect(warned.filter((line) => line.endsWith(`${text} (${count} times)`))).toHaveLength(1)

    const shown = await runCli([...args, '-o', 'shown.plan'], { cwd: folder })
    for (const { text, count } of repeated) expect(shown.stdout.split('\n')).toContain(`  ${text} (${count} times)`)
    const whole = await runCli([...args, '-o', 'whole.plan', '--verbose'], { cwd: folder })
    const { text, count } = repeated[0] as (typeof repeated)[number]
    expect(whole.stderr.split('\n').filter((line) => line.startsWith('warning: ') && line.endsWith(text))).toHaveLength(count)
  })
})
