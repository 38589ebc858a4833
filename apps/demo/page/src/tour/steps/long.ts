import { byteSize } from '../../../../shared/byte-size.ts'
import { wholeNumber } from '../../format/number.ts'
import type { Stage } from '../stage/stage.ts'
import { tallyOfOrders } from '../evidence/tally.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { duration, verdictOf } from '../evidence/verdict.ts'

/** Fewer messages would be on the page at once. */
const leastMessages = 200

export const long: TourStep = {
  id: 'long',
  title: 'A long session',
  text: 'The longest of your chats is opened as by a new device: its newest epoch alone, then page by page back to its beginning.',
  action: 'Open it, and read it all',
  async run(stage) {
    const row = await longestOf(stage)
    if (!row || row.messageCount < leastMessages) {
      const longest = row ? `the longest has ${row.messageCount} messages` : 'there are none'
      throw new Error(
        `You have no long chat: ${longest}. The demo fills an empty database for its first user, in about a minute.`,
      )
    }
    const at = performance.now()
    const { client, session } = stage.otherDevice(row.sessionId)
    const opened = await stage.until(({ connection }) => connection.status === 'live', session)
    const took = performance.now() - at
    const bytes = client.stats().bytesReceived
    let pages = 0
    for (; session.getSnapshot().hasOlder; pages++) {
      const before = session.getSnapshot().messages.length
      await session.loadOlder()
      const { olderError, messages } = session.getSnapshot()
      if (olderError) throw new Error(olderError.message)
      if (messages.length === before) throw new Error('An older page was empty.')
      stage.signal.throwIfAborted()
    }
    const tally = tallyOfOrders(
      row.messageCount,
      session.getSnapshot().messages.map(({ order }) => order),
    )
    const first = `the first ${wholeNumber(opened.messages.length)} shown in ${duration(took)} with ${byteSize(bytes)}`
    return verdictOf(tally, { unit: 'messages', also: [first, `the others in ${pages} pages`] })
  },
}

async function longestOf({ client, signal }: Stage) {
  const { rows } = await client.rpc.activity.list({ limit: 200 }, { signal })
  return rows.toSorted((a, b) => b.messageCount - a.messageCount)[0]
}
