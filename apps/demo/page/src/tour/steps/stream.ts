import { lastOrder } from '../stage/stage.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { verdictOf } from '../evidence/verdict.ts'
import { compareAnswers } from './compare.ts'

export const stream: TourStep = {
  id: 'stream',
  title: 'An answer streams',
  text: '3,000 tokens at 500 a second. The server commits many at once, and the page draws at most once per frame.',
  action: 'Stream an answer',
  streams: true,
  async run(stage) {
    const after = lastOrder(await stage.idle())
    const before = { server: await stage.stats(), page: stage.session.stats() }
    await stage.session.send('/count 3000 500')
    const held = await stage.idle()
    const tally = await compareAnswers(stage, held, after)
    const [server, page] = [await stage.stats(), stage.session.stats()]
    const commits = server.store.commits - before.server.store.commits
    const redraws = page.notifications - before.page.notifications
    return verdictOf(tally, {
      also: [`${commits} commits of the server and ${redraws} redraws in that time`],
    })
  },
}
