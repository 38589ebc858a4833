import type { SavedStep, Stage } from './stage.ts'
import type { Verdict } from '../evidence/verdict.ts'

export interface TourStep {
  id: string
  title: string
  /** What will happen, and what is promised. */
  text: string
  /** The words of its button. */
  action: string
  run: (stage: Stage) => Promise<Verdict>
  /** Goes on after a reload that `run` asked for. */
  resume?: (stage: Stage, saved: SavedStep) => Promise<Verdict>
  /** Whether it streams an answer that a naive client could follow. */
  streams?: boolean
}
