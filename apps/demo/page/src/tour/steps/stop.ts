import { answersAfter, lastOrder } from '../stage/stage.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { duration, verdictOf } from '../evidence/verdict.ts'
import { compareAnswers } from './compare.ts'

export const stop: TourStep = {
  id: 'stop',
  title: 'Stop is stop',
  text: 'The agent of this answer falls silent halfway and ignores its signal. Stopping ends the run all the same, keeps its text, and the next prompt can be sent at once.',
  action: 'Stall, and stop',
  async run(stage) {
    const after = lastOrder(await stage.idle())
    await stage.session.send('/stall')
    await stage.words(2, after)
    const at = performance.now()
    await stage.session.interrupt()
    const held = await stage.until(({ run }) => !run)
    const took = performance.now() - at
    const reason = answersAfter(held, after).at(-1)?.metadata.finishReason
    return verdictOf(await compareAnswers(stage, held, after), {
      also: [`stopped in ${duration(took)}`],
      failures: reason === 'interrupted' ? [] : [`the answer ended as ${reason}`],
    })
  },
}
