import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { trtexecTable } from '../../../lib/engine/tensorrt/trtexec-table.js'

function renderTable(): string {
  const rows = Object.entries(trtexecTable).flatMap(([name, meaning]) => {
    if (meaning?.kind === 'flag') return [`| \`--${name}\` | ${meaning.means} |`]
    if (meaning?.kind === 'value') return [`| \`--${name}=\` | ${meaning.means} |`]
    return meaning?.kind === 'refused' ? [`| \`--${name}\` | not here: ${meaning.instead} |`] : []
  })
  return ['| trtexec | enginery |', '|---|---|', ...rows].join('\n')
}

it('docs/guides/tensorrt.md shows the options of the code; rewrite it with: npx vitest run test/unit/engine --update', async () => {
  const page = new URL('../../../docs/guides/tensorrt.md', import.meta.url)
  const text = await readFile(page, 'utf8')
  const pattern = /(<!-- trtexec -->\n)[\s\S]*?(<!-- \/trtexec -->)/
  expect(text).toMatch(pattern)
  const refreshed = text.replace(pattern, (_, start: string, end: string) => `${start}\n${renderTable()}\n\n${end}`)
  await expect(refreshed).toMatchFileSnapshot(page.pathname)
})
