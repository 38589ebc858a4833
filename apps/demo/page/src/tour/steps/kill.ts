import type { SessionSnapshot } from '@caughtup/web-client'

import { killProcess, readServed } from '../../client/processes.ts'
import { answersAfter, lastOrder } from '../stage/stage.ts'
import { isWhole, tallyOf, wordsOf } from '../evidence/tally.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { duration, verdictOf } from '../evidence/verdict.ts'
import { compareAnswers } from './compare.ts'

export const kill: TourStep = {
  id: 'kill',
  title: 'The server is killed',
  text: 'The process ends at once, as by kill -9, and starts again a second later. What you have seen is kept; the run, whose process died, ends as lost within two leases of 5 s. Of several processes it is the one that serves this page: another one takes over, and a run that is elsewhere goes on.',
  action: 'Stream, and kill the server',
  streams: true,
  async run(stage) {
    const after = lastOrder(await stage.idle())
    await stage.session.send('/count 20000 200')
    await stage.words(400, after)
    const { streams } = await readServed(stage.signal)
    const { connects } = stage.session.stats()
    const killedAt = performance.now()
    try {
      await killProcess(
        streams.find(({ kind }) => kind === 'chat' || kind === 'websocket')?.process,
      )
    } catch (error) {
      await stage.session.interrupt()
      throw error
    }
    // Another process may take over within a frame.
    const again = () => stage.session.stats().connects > connects
    const shown = await stage.until(({ connection }) => connection.status !== 'live' || again())
    const back = await stage.until(({ connection }) => connection.status === 'live' && again())
    const away = performance.now() - killedAt
    const wordsBack = wordsOf(answersAfter(back, after)).length
    const goneOn = ({ run, messages }: SessionSnapshot) =>
      !run || wordsOf(answersAfter({ messages }, after)).length > wordsBack + 200
    if ((await stage.until(goneOn)).run) await stage.session.interrupt()
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
      also: [
        `live again ${duration(away)} after the kill`,
        reason === 'interrupted'
          ? 'the run went on in another process'
          : `the run ended as ${reason}`,
      ],
      failures,
    })
  },
}
