/** Cells of one row; numbers are aligned to the right. */
export type Row = readonly (string | number)[]

/** Columns aligned under each other, two spaces between them, without trailing blanks. */
export function renderTable(rows: readonly Row[], options: { readonly indent?: string; readonly header?: Row } = {}): string {
  const all = options.header ? [options.header, ...rows] : rows
  const widths: number[] = []
  for (const row of all) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, String(cell).length)
    })
  }
  const rightAligned = widths.map((_, column) => rows.length > 0 && rows.every((row) => isNumeric(row[column])))
  return all
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] as number
        return rightAligned[column] ? String(cell).padStart(width) : String(cell).padEnd(width)
      })
      return `${options.indent ?? ''}${cells.join('  ')}`.trimEnd()
    })
    .join('\n')
}

function isNumeric(cell: string | number | undefined): boolean {
  return typeof cell === 'number' || (typeof cell === 'string' && /^-?[\d,.]+(?: ?(?:%|ms|µs|s|[kMGT]?B))?$/.test(cell))
}

/** A heading and what belongs to it, indented by two spaces. */
export function renderSection(title: string, body: string): string {
  return `${title}\n${body
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')}`
}
