import type { SavedStep } from './stage/stage.ts'
import type { Verdict } from './evidence/verdict.ts'

/** How a step ended, as it is shown. */
export interface Outcome {
  verdict: Verdict
  /** What the naive client beside it held, if there was one. */
  naive?: Verdict
}

/** What the tour keeps over a reload of the page, for as long as the tab is open. */
export interface SavedTour {
  open: boolean
  sessionId?: string
  comparing: boolean
  outcomes: Readonly<Record<string, Outcome>>
  /** The step that asked for a reload. */
  reloading?: SavedStep & { stepId: string }
}

const key = 'caughtup-tour'
const none: SavedTour = { open: false, comparing: false, outcomes: {} }

export function readTour(): SavedTour {
  const saved = sessionStorage.getItem(key)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only `saveTour` writes it, in this tab
  return saved === null ? none : (JSON.parse(saved) as SavedTour)
}

export function saveTour(tour: SavedTour): void {
  sessionStorage.setItem(key, JSON.stringify(tour))
}
