const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const whole = new Intl.NumberFormat('en')

/** `950`, `12.4K`, `1.2M`. */
export function compactNumber(value: number): string {
  return compact.format(value)
}

export function wholeNumber(value: number): string {
  return whole.format(value)
}

/** A rate with two digits: more would change too fast to read. */
export function rate(value: number | undefined): string | undefined {
  if (value === undefined) return undefined
  return value < 10 ? value.toFixed(1) : value.toFixed(0)
}
