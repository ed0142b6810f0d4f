import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { refreshCliDocs } from './render-cli-docs.js'

it('docs/cli.md shows the help and the schemas of the code; rewrite it with: npx vitest run test/unit/cli --update', async () => {
  const page = new URL('../../../docs/cli.md', import.meta.url)
  await expect(await refreshCliDocs(await readFile(page, 'utf8'))).toMatchFileSnapshot(page.pathname)
})
