import { byteSize } from '../../../../shared/byte-size.ts'
import { wholeNumber } from '../../format/number.ts'
import { lastOrder } from '../stage/stage.ts'
import { tallyOf } from '../evidence/tally.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { duration, verdictOf } from '../evidence/verdict.ts'
import { labelled } from '../evidence/labelled.ts'

export const asleep: TourStep = {
  id: 'asleep',
  title: 'A reader that does not read',
  text: 'A second device sleeps through 5,000 tokens. The server keeps no queue for it: a reader is a cursor. Awake, it gets what it lacks in a few large frames.',
  action: 'Let a device sleep',
  async run(stage) {
    const after = lastOrder(await stage.idle())
    const other = stage.otherDevice()
    await stage.idle(other.session)
    other.session.pause()
    const before = { mine: stage.session.stats(), theirs: other.session.stats() }
    await stage.session.send('/count 5000 1000')
    await stage.idle()
    const at = performance.now()
    other.session.resume()
    const theirs = await stage.until(
      ({ connection, run, messages }) =>
        connection.status === 'live' && !run && (messages.at(-1)?.order ?? 0) > after + 1,
      other.session,
    )
    const took = performance.now() - at
    const [mine, sleeper] = [stage.session.stats(), other.session.stats()]
    const { messages } = await stage.journal()
    const tally = tallyOf(labelled(messages, after), labelled(theirs.messages, after))
    const frames = sleeper.framesReceived - before.theirs.framesReceived
    const bytes = sleeper.bytesReceived - before.theirs.bytesReceived
    const steady = mine.framesReceived - before.mine.framesReceived
    const size = bytes > 0 ? ` (${byteSize(bytes)})` : ''
    return verdictOf(tally, {
      also: [
        `caught up in ${duration(took)} with ${wholeNumber(frames)} frames${size}, where this page got ${wholeNumber(steady)}`,
      ],
    })
  },
}
