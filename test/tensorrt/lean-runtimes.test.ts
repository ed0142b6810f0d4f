import { expect, it } from 'vitest'
import { openTensorRt, requireBuilder } from '../../lib/engine/tensorrt/open-library.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

const cases = [
  ['lean TensorRT 10.15', 'v10', /^10\.15\./],
  ['lean TensorRT 11.4', 'v11', /^11\.4\./],
] as const

for (const [library, line, version] of cases) {
  describeWithTensorRt(library, 'loads, and says that it builds nothing', () => {
    it(`is opened by the addon ${line}`, async () => {
      const opened = await openTensorRt(coreLibraries[library])
      expect(opened).toMatchObject({ line, version: expect.stringMatching(version) })
      expect(opened.installation).toMatchObject({ kind: 'lean', parser: null })
      expect(() => requireBuilder(opened, 0)).toThrow(expect.objectContaining({ code: 'TENSORRT_NO_BUILDER' }))
      // Asked before anything of a runtime was called: there is none here, or one that counts its devices.
      expect(opened.driver.reason ?? opened.driver.devices?.length).toBeTruthy()
    })
  })
}
