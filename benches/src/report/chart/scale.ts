/** From figures to heights: 0 is the bottom of the axis, 1 its top. */
export interface Scale {
  ticks: readonly number[]
  height: (value: number) => number
}

/** From 0 to a round number above the greatest figure. */
export function linear(values: readonly number[]): Scale {
  const greatest = Math.max(0, ...values) || 1
  const rough = greatest / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power
  const count = Math.ceil(greatest / step)
  return {
    ticks: Array.from({ length: count + 1 }, (_, n) => n * step),
    height: (value) => Math.max(0, value) / (count * step),
  }
}

/** Between powers of ten around the figures; figures of 0 and less stand at the bottom. */
export function logarithmic(values: readonly number[]): Scale {
  const logarithms = values.filter((value) => value > 0).map((value) => Math.log10(value))
  const from = Math.floor(Math.min(...logarithms, Infinity))
  if (!Number.isFinite(from)) return linear(values)
  const to = Math.max(from + 1, Math.ceil(Math.max(...logarithms)))
  return {
    ticks: Array.from({ length: to - from + 1 }, (_, n) => 10 ** (from + n)),
    height: (value) => (value > 0 ? Math.max(0, (Math.log10(value) - from) / (to - from)) : 0),
  }
}
