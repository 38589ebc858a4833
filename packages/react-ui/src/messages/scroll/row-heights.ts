/** The heights of rows in px: measured ones by key, estimates for the others. */
export class RowHeights {
  readonly #measured = new Map<string, number>()

  /** Returns whether it differs from what was known. */
  measured(key: string, height: number): boolean {
    if (this.#measured.get(key) === height) return false
    this.#measured.set(key, height)
    return true
  }

  of(keys: readonly string[], estimate: (index: number) => number): number[] {
    return keys.map((key, index) => this.#measured.get(key) ?? estimate(index))
  }
}

/** Rows from `start` to before `end`, with the heights of those before and after them. */
export interface RowRange {
  start: number
  end: number
  before: number
  after: number
}

/** The rows that overlap a stretch of px from `top` to `bottom`; at least one, if there is any. */
export function rowsWithin(heights: readonly number[], top: number, bottom: number): RowRange {
  let start = 0
  let before = 0
  while (start < heights.length - 1 && before + (heights[start] ?? 0) <= top) {
    before += heights[start++] ?? 0
  }
  let end = start
  let reached = before
  while (end < heights.length && (reached < bottom || end === start)) reached += heights[end++] ?? 0
  return { start, end, before, after: sum(heights.slice(end)) }
}

export function sum(heights: readonly number[]): number {
  return heights.reduce((all, height) => all + height, 0)
}
