import type { SessionSnapshot } from '@caughtup/web-client'

import { answersAfter, type Stage } from '../stage/stage.ts'
import { type Tally, tallyOf, wordsOf } from '../evidence/tally.ts'

/** The answers after an order, as a view holds them, against those of the journal. */
export async function compareAnswers(
  stage: Stage,
  held: SessionSnapshot,
  after: number,
): Promise<Tally> {
  const journal = await stage.journal()
  return tallyOf(wordsOf(answersAfter(journal, after)), wordsOf(answersAfter(held, after)))
}
