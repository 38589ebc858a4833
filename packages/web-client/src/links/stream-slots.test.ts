import { beforeEach, expect, test, vi } from 'vitest'

import { setUp } from '../../tests/support/harness.ts'
import { serving, shows, status } from '../../tests/support/play.ts'
import { Recording } from '../../tests/support/recording.ts'
import { StreamSlots } from './stream-slots.ts'

// As in a browser, which has a location; the locks are those of Node, which is one "browser".
beforeEach(() => {
  vi.stubGlobal('location', new URL('http://test/'))
  return () => vi.unstubAllGlobals()
})

const frames = () => serving(...new Recording().full())

/** Views of `count` sessions, in this order, each with a subscriber who leaves with `leave`. */
function follow(count: number, url = 'http://test/rpc') {
  const up = setUp({ onChat: frames(), send: async () => sent }, { fullStreams: 20 }, { url })
  const views = Array.from({ length: count }, (_, index) => {
    const view = up.client.session(`s${index}`)
    return { view, leave: view.subscribe(() => {}) }
  })
  const statuses = () => views.map(({ view }) => status(view))
  const named = (wanted: string) => statuses().filter((each) => each === wanted).length
  return { ...up, views, statuses, count: named }
}

const sent = { messageId: 'm', runId: 'r', queued: false }

test('four streams are live, and others wait, say why, and get the places that become free', async () => {
  const { client, clock, views, statuses, count } = follow(6)
  await shows(clock, () => count('live') === 4 && count('waiting') === 2)
  const [first, , , , fifth, sixth] = views
  expect(statuses().slice(4)).toEqual(['waiting', 'waiting'])
  expect(fifth!.view.getSnapshot().connection).toEqual({
    status: 'waiting',
    attempts: 1,
    error: {
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('All 4 streams'),
      data: { field: 'streams', limit: 4, reason: 'too-many-tabs' },
    },
  })
  // A call needs no slot.
  expect(await fifth!.view.send('Hi')).toEqual(sent)
  first!.leave()
  await shows(clock, () => count('live') === 4 && count('waiting') === 1)
  expect(client.stats().connects).toBe(6)
  // A stream that stopped waiting for a slot does not block the others.
  for (const { view, leave } of [fifth!, sixth!]) if (status(view) === 'waiting') leave()
  first!.view.subscribe(() => {})
  await shows(clock, () => status(first!.view) === 'waiting')
  views[1]!.leave()
  await shows(clock, () => status(first!.view) === 'live')
})

/** Takes all slots, as the streams of other tabs do; returns what closes each of them. */
function otherTabs() {
  return [0, 1, 2, 3].map((index) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    void navigator.locks.request(`caughtup-sse-${index} http://test`, () => promise)
    return resolve
  })
}

test('a stream keeps one slot, also if it is given several in the same moment', async () => {
  const held: unknown[] = []
  // A browser's locks are given by another process, which may not know yet that one is enough.
  const locks = {
    request: async (name: string, _options: LockOptions, occupy: (lock: Lock) => unknown) => {
      held.push(occupy({ name, mode: 'exclusive' }))
    },
  } as LockManager
  const stream = new AbortController()
  await new StreamSlots(locks, 'http://test').wait(stream.signal)
  expect(held).toEqual([expect.any(Promise), undefined, undefined, undefined])
  stream.abort()
  await held[0]
})

test('a stream waits as long as other tabs have the slots, and nothing counts as silent meanwhile', async () => {
  const tabs = otherTabs()
  const { clock, client, views, count } = follow(1)
  await shows(clock, () => count('waiting') === 1)
  await clock.advance(600_000)
  expect(views[0]!.view.getSnapshot().connection).toMatchObject({ status: 'waiting', attempts: 1 })
  tabs[2]!()
  await shows(clock, () => count('live') === 1)
  expect(client.stats().connects).toBe(1)
  for (const close of tabs) close()
})

test('a stream that was given a slot is watched for silence from then on', async () => {
  const { clock, views, count } = follow(5)
  await shows(clock, () => count('live') === 4 && count('waiting') === 1)
  await clock.advance(14_000)
  views[0]!.leave()
  const { view } = views[4]!
  await shows(clock, () => status(view) === 'live')
  await clock.advance(15_100)
  await shows(clock, () => view.getSnapshot().connection.error !== undefined)
  expect(view.getSnapshot().connection.error).toMatchObject({
    code: 'NETWORK',
    message: 'the stream was silent for 15000 ms',
  })
})

test('streams of clients of one page, or of several, share the slots of a server, and not those of another', async () => {
  const one = follow(3)
  await shows(one.clock, () => one.count('live') === 3)
  const two = follow(2)
  await shows(two.clock, () => two.count('live') === 1 && two.count('waiting') === 1)
  const other = follow(4, 'http://other/rpc')
  await shows(other.clock, () => other.count('live') === 4)
})

test('over HTTP/2, as far as is known, no stream waits', async () => {
  const { clock, count } = follow(6, 'https://test/rpc')
  await shows(clock, () => count('live') === 6)
})

test('outside a browser no stream waits', async () => {
  vi.unstubAllGlobals()
  const { clock, count } = follow(6)
  await shows(clock, () => count('live') === 6)
})

test('a page that may not use locks is not limited by them', async () => {
  const request = vi.spyOn(navigator.locks, 'request').mockRejectedValue(new Error('in a sandbox'))
  const { clock, count } = follow(6)
  await shows(clock, () => count('live') === 6)
  request.mockRestore()
})

test('a closed client gives up its slots', async () => {
  const { client, clock, count } = follow(5)
  await shows(clock, () => count('live') === 4)
  client.close()
  const next = follow(4)
  await shows(next.clock, () => next.count('live') === 4)
})
