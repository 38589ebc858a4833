const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const whole = new Intl.NumberFormat('en')

/** `950`, `12.4K`, `1.2M`. */
export function compactNumber(value: number): string {
  return compact.format(value)
}

export function wholeNumber(value: number): string {
  return whole.format(value)
}

/** Bytes in decimal units: `512 B`, `14.2 kB`, `3.1 MB`. */
export function byteSize(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** A rate with two digits: more would change too fast to read. */
export function rate(value: number | undefined): string | undefined {
  if (value === undefined) return undefined
  return value < 10 ? value.toFixed(1) : value.toFixed(0)
}
