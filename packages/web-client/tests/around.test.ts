import type { Page, PageCursor } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import { aroundView } from '../src/around/around-view.ts'
import { aborted, rest, setUp, until } from './support/harness.ts'
import { pageOf } from './support/page-of.ts'
import { shows } from './support/play.ts'
import { Recording, type SentFrame } from './support/recording.ts'

/** A request that the test answers. */
interface Asked {
  cursor?: PageCursor
  messageId?: string
  answer: (page: Page) => void
}

/** A session of messages 1 to 6, of which the window has the last, and frames that the test sends. */
function setUpAround() {
  const recording = new Recording()
  for (const id of ['a', 'b', 'c', 'd', 'e']) recording.message(id, 'user', id)
  recording.message('open', 'assistant')
  recording.open('open')
  const frames: SentFrame[] = recording.full(recording.head, 1)
  let wake = () => {}
  const send = (...more: SentFrame[]) => {
    frames.push(...more)
    wake()
  }
  const asked: Asked[] = []
  const ask = (input: Omit<Asked, 'answer'>) =>
    new Promise<Page>((answer) => asked.push({ ...input, answer }))
  const { client, clock } = setUp({
    async *onChat(_, signal) {
      while (!signal.aborted) {
        const frame = frames.shift()
        if (frame) yield frame
        else await Promise.race([aborted(signal), new Promise<void>((resolve) => (wake = resolve))])
      }
    },
    around: ask,
    loadMore: ask,
  })
  const page = (first: number, last: number, seq = recording.head) => {
    const all = recording.viewAt(seq).messages
    const shown = all.filter(({ order }) => order >= first && order <= last)
    return pageOf(shown, seq, { hasOlder: first > 1, hasNewer: last < all.at(-1)!.order })
  }
  const session = client.session('s')
  const around = aroundView(session, 'c')
  const ids = () => around.getSnapshot().messages.map(({ id }) => id)
  const text = () => {
    const [part] = around.getSnapshot().messages.at(-1)?.parts ?? []
    return part?.type === 'text' ? part.text : undefined
  }
  return { recording, send, asked, page, session, around, clock, ids, text }
}

describe('a view around a message', () => {
  /** With messages 3 and 4 loaded. */
  async function loaded() {
    const set = setUpAround()
    const leave = set.around.subscribe(() => {})
    await shows(set.clock, () => set.session.getSnapshot().connection.status === 'live')
    set.asked[0]!.answer(set.page(3, 4))
    await shows(set.clock, () => !set.around.getSnapshot().loading)
    return { ...set, leave }
  }

  test('requests nothing before it is subscribed, and then one page with the message', async () => {
    const { asked, around } = setUpAround()
    await around.loadNewer()
    await around.reload()
    await rest()
    expect(asked).toEqual([])
    around.subscribe(() => {})
    around.subscribe(() => {})
    expect(around.getSnapshot()).toMatchObject({ loading: true, messages: [], hasNewer: false })
    await until(() => asked.length > 0)
    await rest()
    expect(asked).toMatchObject([{ messageId: 'c' }])
  })

  test('requests its first page again if that is older than what the session shows', async () => {
    const { recording, asked, around, session, clock, ids, page } = setUpAround()
    around.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().connection.status === 'live')
    asked[0]!.answer(page(3, 4, recording.head - 1))
    await until(() => asked.length === 2)
    expect(around.getSnapshot()).toMatchObject({ loading: true, messages: [] })
    asked[1]!.answer(page(3, 4))
    await until(() => !around.getSnapshot().loading)
    expect(ids()).toEqual(['c', 'd'])
    expect(asked).toHaveLength(2)
  })

  test('requests one page at a time at each end', async () => {
    const { asked, around, ids, page } = await loaded()
    const loads = [around.loadOlder(), around.loadNewer(), around.loadOlder(), around.loadNewer()]
    expect(around.getSnapshot()).toMatchObject({ loadingOlder: true, loadingNewer: true })
    await until(() => asked.length === 3)
    expect(asked.slice(1)).toMatchObject([{ cursor: { before: 3 } }, { cursor: { after: 4 } }])
    asked[2]!.answer(page(5, 5))
    asked[1]!.answer(page(2, 2))
    await Promise.all(loads)
    expect(ids()).toEqual(['b', 'c', 'd', 'e'])
    expect(around.getSnapshot()).toMatchObject({
      loadingOlder: false,
      loadingNewer: false,
      hasOlder: true,
      reachesLive: true,
    })
    expect(asked).toHaveLength(3)
  })

  test('takes what changed while a page was on its way', async () => {
    const { recording, send, asked, around, session, ids, page } = await loaded()
    const late = page(5, 6)
    const load = around.loadNewer()
    await until(() => asked.length === 2)
    recording.delete('e')
    send(recording.live(recording.head - 1))
    recording.text('open', 'Hi')
    send(recording.live(recording.head - 1))
    await until(() => session.stats().eventsReceived === 2)
    asked[1]!.answer(late)
    await load
    expect(ids()).toEqual(['c', 'd', 'open'])
    expect(around.getSnapshot().messages).toEqual(recording.viewAt().messages.slice(2))
  })

  test('drops a page that comes after the last subscriber went', async () => {
    const { asked, around, ids, page, leave } = await loaded()
    const load = around.loadOlder()
    await until(() => asked.length === 2)
    leave()
    asked[1]!.answer(page(1, 2))
    await load
    expect(ids()).toEqual(['c', 'd'])
    expect(around.getSnapshot()).toMatchObject({ loadingOlder: false, hasOlder: true })
  })

  test.each(['before', 'after'])(
    'requests again what has a part of a merged change that comes %s it',
    async (when) => {
      const { recording, send, asked, around, session, text, page } = await loaded()
      const load = around.loadNewer()
      await until(() => asked.length === 2)
      const before = recording.head
      recording.text('open', 'a')
      const half = page(5, 6)
      recording.text('open', 'b')
      if (when === 'after') {
        asked[1]!.answer(half)
        await load
      }
      send(recording.live(before))
      await until(() => session.stats().eventsReceived === 1)
      if (when === 'before') asked[1]!.answer(half)
      await until(() => asked.length === 3)
      // The page itself, or all pages if it was placed already.
      expect(asked[2]).toMatchObject({ cursor: { after: when === 'before' ? 4 : 2 } })
      asked[2]!.answer(when === 'before' ? page(5, 6) : page(3, 6))
      await load
      await until(() => !around.getSnapshot().stale)
      expect(text()).toBe('ab')
    },
  )

  test('requests a page again if more changed meanwhile than it notes', async () => {
    const { recording, send, asked, around, session, text, page } = await loaded()
    const load = around.loadNewer()
    await until(() => asked.length === 2)
    const early = page(5, 6)
    const before = recording.head
    for (let n = 0; n < 2_001; n++) recording.text('open', '.')
    send(recording.batch(before, recording.head, { merged: false }))
    await until(() => session.stats().eventsReceived === 2_001)
    asked[1]!.answer(early)
    await until(() => asked.length === 3)
    asked[2]!.answer(page(5, 6))
    await load
    expect(text()).toBe('.'.repeat(2_001))
  })

  test('loads all of its pages again after a full replay, and keeps showing the old ones until then', async () => {
    const { recording, send, asked, around, clock, ids, page } = await loaded()
    const load = around.loadNewer()
    await until(() => asked.length === 2)
    asked[1]!.answer(page(5, 5))
    await load
    recording.erase('d')
    send(...recording.full(recording.head, 1))
    await until(() => asked.length === 3)
    expect(asked[2]).toMatchObject({ cursor: { after: 2 } })
    asked[2]!.answer(page(3, 3))
    await until(() => asked.length === 4)
    expect(asked[3]).toMatchObject({ cursor: { after: 3 } })
    await shows(clock, () => around.getSnapshot().stale)
    expect(ids()).toEqual(['c', 'd', 'e'])
    asked[3]!.answer(page(4, 5))
    await shows(clock, () => !around.getSnapshot().stale)
    expect(ids()).toEqual(['c', 'e'])
    expect(asked).toHaveLength(4)
  })
})
