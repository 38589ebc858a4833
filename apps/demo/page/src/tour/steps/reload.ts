import { answersAfter, lastOrder } from '../stage/stage.ts'
import { wordsOf } from '../evidence/tally.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { duration, verdictOf } from '../evidence/verdict.ts'
import { compareAnswers } from './compare.ts'

export const reload: TourStep = {
  id: 'reload',
  title: 'A reload in the middle',
  text: 'The page is loaded anew while the answer streams. The answer goes on meanwhile.',
  action: 'Stream, and reload',
  streams: true,
  async run(stage) {
    const after = lastOrder(await stage.idle())
    await stage.session.send('/count 3000 400')
    const shown = await stage.words(600, after)
    return await stage.reload({ after, held: wordsOf(answersAfter(shown, after)).length })
  },
  async resume(stage, { after, held: before }) {
    await stage.until(({ connection }) => connection.status === 'live')
    // The clock of a page begins with its loading.
    const liveAt = performance.now()
    const held = await stage.idle()
    return verdictOf(await compareAnswers(stage, held, after), {
      also: [`left at ${before} tokens, caught up ${duration(liveAt)} after the reload began`],
    })
  },
}
