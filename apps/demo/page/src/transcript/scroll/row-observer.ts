import type { RowHeights } from './row-heights.ts'

/** Measures rows while they are in the page. */
export class RowObserver {
  #onMeasured: () => void = () => {}
  readonly #observer: ResizeObserver

  constructor(heights: RowHeights) {
    this.#observer = new ResizeObserver((entries) => {
      let isNew = false
      for (const { target, borderBoxSize } of entries) {
        const key = target instanceof HTMLElement ? target.dataset['key'] : undefined
        const height = borderBoxSize[0]?.blockSize
        // A row that has left the page has no height.
        if (key === undefined || height === undefined || !target.isConnected) continue
        if (heights.measured(key, height)) isNew = true
      }
      if (isNew) this.#onMeasured()
    })
  }

  /** Called after a layout in which a row got another height, before it is drawn. */
  listen(onMeasured: () => void): void {
    this.#onMeasured = onMeasured
  }

  /** A ref callback for rows. */
  readonly observe = (row: HTMLElement | null) => {
    if (!row) return undefined
    this.#observer.observe(row)
    return () => this.#observer.unobserve(row)
  }
}
