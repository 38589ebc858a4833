/** From figures to heights: 0 is the bottom of the axis, 1 its top. */
export interface Scale {
  ticks: readonly number[]
  height: (value: number) => number
}

/** What a tick may begin with. */
const roundDigits = [1, 2, 5]
const mostSteps = 6

/** From 0 to a round number above the greatest figure. */
export function linear(values: readonly number[]): Scale {
  const greatest = Math.max(0, ...values) || 1
  const step = roundAbove(greatest / mostSteps)
  const count = Math.ceil(greatest / step)
  return {
    ticks: Array.from({ length: count + 1 }, (_, n) => n * step),
    height: (value) => Math.max(0, value) / (count * step),
  }
}

/** Between round numbers around the figures; figures of 0 and less stand at the bottom. */
export function logarithmic(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0)
  if (positive.length === 0) return linear(values)
  // The reciprocal of a round number is round, too.
  const from = 1 / roundAbove(1 / Math.min(...positive))
  const to = roundAbove(Math.max(...positive, from * 1.001))
  const ticks = [from, to]
  for (let power = 10 ** Math.ceil(Math.log10(from)); power < to; power *= 10) ticks.push(power)
  return {
    ticks: [...new Set(ticks)],
    height: (value) => {
      const share = Math.log(Math.max(value, from) / from) / Math.log(to / from)
      return Math.min(1, share)
    },
  }
}

function roundAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const digit = roundDigits.find((one) => one * power >= value) ?? 10
  return digit * power
}
