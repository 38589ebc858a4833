import type { RowHeights } from './row-heights.ts'

/** Measures rows while they are in the page. */
export class RowObserver {
  readonly #heights: RowHeights
  #onMeasured: () => void = () => {}
  // Made for the first row: a server that renders rows has none of this class.
  #observer: ResizeObserver | undefined

  constructor(heights: RowHeights) {
    this.#heights = heights
  }

  /** Called after a layout in which a row got another height, before it is drawn. */
  listen(onMeasured: () => void): void {
    this.#onMeasured = onMeasured
  }

  /** Returns what ends it. */
  readonly observe = (row: HTMLElement): (() => void) => {
    this.#observer ??= new ResizeObserver((entries) => this.#measure(entries))
    this.#observer.observe(row)
    return () => this.#observer?.unobserve(row)
  }

  #measure(entries: readonly ResizeObserverEntry[]): void {
    let isNew = false
    for (const { target, borderBoxSize } of entries) {
      const key = target instanceof HTMLElement ? target.dataset['key'] : undefined
      const height = borderBoxSize[0]?.blockSize
      // A row that has left the page has no height.
      if (key === undefined || height === undefined || !target.isConnected) continue
      if (this.#heights.measured(key, height)) isNew = true
    }
    if (isNew) this.#onMeasured()
  }
}
