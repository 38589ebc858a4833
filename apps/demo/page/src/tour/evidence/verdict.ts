import { wholeNumber } from '../../format/number.ts'
import { isWhole, type Tally } from './tally.ts'

/** How a step ended: computed from what was found, with the figures in its words. */
export interface Verdict {
  passed: boolean
  text: string
}

/** `3,000 of 3,000 tokens; 0 missing, 0 twice`. */
function tallyWords(tally: Tally, unit = 'tokens'): string {
  const { kept, held, missing, twice, misplaced } = tally
  const counts = `${wholeNumber(held)} of ${wholeNumber(kept)} ${unit}; ${wholeNumber(missing)} missing, ${wholeNumber(twice)} twice`
  return misplaced ? `${counts}, but in another order` : counts
}

/** The verdict of a tally, and whatever else was measured, as further clauses. */
export function verdictOf(
  tally: Tally,
  {
    unit,
    also = [],
    failures = [],
  }: {
    unit?: string
    /** Facts to tell. */
    also?: readonly string[]
    /** What else was not as promised; any makes the step fail. */
    failures?: readonly string[]
  } = {},
): Verdict {
  const nothing = tally.kept === 0 ? ['the journal has nothing to compare'] : []
  const wrong = [...nothing, ...failures]
  const clauses = [tallyWords(tally, unit), ...also, ...wrong.map((one) => `but ${one}`)]
  return { passed: isWhole(tally) && wrong.length === 0, text: `${clauses.join('; ')}.` }
}

/** `84 ms`, `3.2 s`. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
