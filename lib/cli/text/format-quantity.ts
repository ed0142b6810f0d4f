/** `1.2 s`, `85 ms`, `12.3 µs`: three significant digits. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds >= 60_000) {
    const seconds = Math.round(milliseconds / 1000)
    return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  }
  if (milliseconds >= 1000) return `${significant(milliseconds / 1000)} s`
  if (milliseconds >= 1 || milliseconds === 0) return `${significant(milliseconds)} ms`
  return `${significant(milliseconds * 1000)} µs`
}

/** Powers of 1000, as disks are sold: `4.95 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${significant(value)} ${units[unit]}`
}

/** `1,235,496`. */
export function formatCount(count: number | bigint): string {
  return count.toLocaleString('en-US')
}

/** Three significant digits, without an exponent for what people measure. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const magnitude = Math.abs(value)
  if (magnitude >= 100) return value.toFixed(0)
  if (magnitude >= 10) return value.toFixed(1)
  return value.toFixed(2)
}

/** A tensor's value: short, exact enough to recognise. */
export function formatValue(value: number | bigint | string): string {
  if (typeof value !== 'number') return typeof value === 'string' ? JSON.stringify(value) : String(value)
  return Number.isInteger(value) ? String(value) : Number(value.toPrecision(6)).toString()
}
