interface SparklineProps {
  /** Oldest first; a gap where a value is missing. */
  values: readonly (number | undefined)[]
  /** As many as fit; fewer begin at the right. */
  capacity: number
  className?: string
}

const width = 120
const height = 28

/** A line of the last values, from zero to the largest of them. Its figures are beside it, in words. */
export function Sparkline({ values, capacity, className = '' }: SparklineProps) {
  const most = Math.max(1, ...values.map((value) => value ?? 0))
  const step = width / (capacity - 1)
  const start = capacity - values.length
  return (
    <svg
      aria-hidden
      viewBox={`0 -1 ${width} ${height + 2}`}
      preserveAspectRatio="none"
      className={`h-7 w-full ${className}`}
    >
      <path
        d={pathOf(values, (value, index) => [
          (start + index) * step,
          height - (value / most) * height,
        ])}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}

/** A new line begins after each gap. */
export function pathOf(
  values: readonly (number | undefined)[],
  place: (value: number, index: number) => readonly [x: number, y: number],
): string {
  let open = false
  return values
    .map((value, index) => {
      if (value === undefined) {
        open = false
        return ''
      }
      const [x, y] = place(value, index)
      const part = `${open ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`
      open = true
      return part
    })
    .join('')
}
