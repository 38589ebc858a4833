import { lastOrder } from '../stage/stage.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { duration, verdictOf } from '../evidence/verdict.ts'
import { compareAnswers } from './compare.ts'

export const cut: TourStep = {
  id: 'cut',
  title: 'The connection breaks',
  text: 'All connections of the page are cut, twice. It goes on from its cursor, and gets only what it lacks.',
  action: 'Stream, and cut twice',
  streams: true,
  async run(stage) {
    const after = lastOrder(await stage.idle())
    await stage.session.send('/count 3000 400')
    const took: number[] = []
    for (const words of [500, 1_500]) {
      await stage.words(words, after)
      took.push(await stage.cut())
    }
    const held = await stage.idle()
    return verdictOf(await compareAnswers(stage, held, after), {
      also: [`caught up in ${duration(Math.max(...took))} at most after ${took.length} cuts`],
    })
  },
}
