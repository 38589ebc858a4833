import { answersAfter, lastOrder } from '../stage/stage.ts'
import { isWhole, tallyOf, wordsOf } from '../evidence/tally.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { duration, verdictOf } from '../evidence/verdict.ts'
import { compareAnswers } from './compare.ts'

export const kill: TourStep = {
  id: 'kill',
  title: 'The server is killed',
  text: 'The process ends at once, as by kill -9, and starts again a second later. What you have seen is kept; the run, whose process died, ends as lost within two leases of 5 s.',
  action: 'Stream, and kill the server',
  streams: true,
  async run(stage) {
    const after = lastOrder(await stage.idle())
    await stage.session.send('/count 20000 200')
    await stage.words(400, after)
    const killedAt = performance.now()
    const response = await fetch('/kill', { method: 'POST', headers: { 'x-demo': 'kill' } })
    if (!response.ok) {
      await stage.session.interrupt()
      throw new Error(
        'This server cannot be killed from here: nothing would start it again. `pnpm demo` can.',
      )
    }
    const shown = await stage.until(({ connection }) => connection.status !== 'live')
    await stage.until(({ connection }) => connection.status === 'live')
    const away = performance.now() - killedAt
    const held = await stage.idle()
    const [answer] = answersAfter(held, after)
    // What was seen before has to be the beginning of what is kept.
    const [seen, kept] = [wordsOf(answersAfter(shown, after)), wordsOf(answersAfter(held, after))]
    // The last word may have been cut in its middle.
    const whole = seen.slice(0, -1)
    const lost = tallyOf(whole, kept.slice(0, whole.length))
    const failures = isWhole(lost) ? [] : [`${lost.missing} tokens that were shown are gone`]
    const reason = answer?.metadata.finishReason
    return verdictOf(await compareAnswers(stage, held, after), {
      also: [`live again ${duration(away)} after the kill`, `the run ended as ${reason}`],
      failures,
    })
  },
}
