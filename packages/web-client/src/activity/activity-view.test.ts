import type { ActivityFrame, ActivityRow } from '@caughtup/schema'
import { ORPCError } from '@orpc/server'
import { expect, test, vi } from 'vitest'

import { activityRow as row } from '../../tests/support/activity-row.ts'
import { aborted, rest, type Script, setUp, until } from '../../tests/support/harness.ts'
import { Recording } from '../../tests/support/recording.ts'
import { activityView } from './activity-view.ts'

type Feed = NonNullable<Script['activity']>
type Sent = { frame: ActivityFrame; eventId?: string }

const list = (rows: ActivityRow[], complete = true): Sent => ({
  frame: { type: 'activities', rows, complete },
})
const caughtUp = (n: number): Sent => ({
  frame: { type: 'caught-up', cursor: `f.${n}.x` },
  eventId: `f.${n}.x`,
})
const changed = (one: ActivityRow): Sent => ({
  frame: { type: 'changed', row: one },
  eventId: `f.${one.revision}.x`,
})

const serving = (...frames: Sent[]): Feed =>
  async function* (_since, signal) {
    yield* frames
    await aborted(signal)
  }

/** Sends these frames and breaks off. */
const breaking = (...frames: Sent[]): Feed =>
  async function* () {
    yield* frames
  }

function inTurn(...feeds: Feed[]): Feed {
  let connection = 0
  return (since, signal) => feeds[Math.min(connection++, feeds.length - 1)]!(since, signal)
}

type Set_ = ReturnType<typeof setUp>
const statusOf = ({ client }: Set_) => activityView(client).getSnapshot().connection.status

async function live(up: Set_) {
  for (let frame = 0; frame < 100; frame++) {
    await rest()
    await up.clock.advance(16)
    if (statusOf(up) === 'live') return
  }
  throw new Error(`never live: ${statusOf(up)}`)
}

test('the list is complete at caught-up, and the feed resumes after its cursor', async () => {
  const up = setUp({
    activity: inTurn(
      breaking(
        list([row('a', 1, { recency: 1 })]),
        list([row('b', 2, { recency: 2 })]),
        caughtUp(2),
      ),
      serving(list([row('a', 3, { recency: 3 })], false), caughtUp(3)),
    ),
  })
  const activity = activityView(up.client)
  activity.subscribe(() => {})
  await until(() => up.server.activityRequests.length === 1)
  await rest()
  await up.clock.advance(16)
  expect(activity.getSnapshot()).toMatchObject({
    stale: true,
    rows: [{ sessionId: 'b' }, { sessionId: 'a' }],
  })
  await up.clock.advance(250)
  await live(up)
  expect(up.server.activityRequests).toEqual([undefined, 'f.2.x'])
  expect(activity.getSnapshot()).toMatchObject({
    stale: false,
    rows: [{ sessionId: 'a', revision: 3 }, { sessionId: 'b' }],
  })
})

test('an error never empties the list', async () => {
  const up = setUp({
    activity: inTurn(
      breaking(list([row('a', 1)]), caughtUp(1)),
      // oxlint-disable-next-line require-yield
      async function* () {
        throw new ORPCError('UNAVAILABLE', { status: 503 })
      },
      breaking(list([])),
      // oxlint-disable-next-line require-yield
      async function* () {
        throw new ORPCError('UNAUTHORIZED', { status: 401 })
      },
    ),
  })
  const activity = activityView(up.client)
  const sizes: number[] = []
  activity.subscribe(() => sizes.push(activity.getSnapshot().rows.length))
  for (let i = 0; i < 10; i++) {
    await rest()
    await up.clock.advance(1_000)
  }
  expect(statusOf(up)).toBe('failed')
  expect(activity.getSnapshot().rows).toHaveLength(1)
  expect(sizes).not.toContain(0)
})

test('reconnects from the id of the last change, not of the last replay', async () => {
  const up = setUp({
    activity: inTurn(
      breaking(list([row('a', 1)]), caughtUp(1), changed(row('a', 5))),
      serving(caughtUp(5)),
    ),
  })
  activityView(up.client).subscribe(() => {})
  await until(() => up.server.activityRequests.length === 1)
  await rest()
  await up.clock.advance(250)
  await live(up)
  expect(up.server.activityRequests).toEqual([undefined, 'f.5.x'])
})

const streaming = row('a', 1, { streaming: true, generation: 1, recency: 10 })
const finished = row('a', 2, { generation: 1, recency: 20 })
const aborted_ = row('a', 2, { generation: 1, recency: 10 })

test.each([
  ['an answer that ends is reported', [changed(finished)], 1],
  ['an interruption is not reported', [changed(aborted_)], 0],
  [
    'an older row that comes again is not reported',
    [changed(finished), changed(streaming), changed(finished)],
    1,
  ],
])('%s', async (_title, frames, times) => {
  const completed = vi.fn()
  const up = setUp({ activity: serving(list([streaming]), caughtUp(1), ...frames) })
  activityView(up.client).onCompletedInBackground(completed)
  activityView(up.client).subscribe(() => {})
  await live(up)
  expect(completed).toHaveBeenCalledTimes(times)
})

test('an answer that ended during a reconnect is reported once, and not by a complete list', async () => {
  const completed = vi.fn()
  const up = setUp({
    activity: inTurn(
      breaking(list([streaming]), caughtUp(1)),
      breaking(list([finished], false), caughtUp(2)),
      breaking(list([finished], false), caughtUp(2)),
      breaking(changed(row('a', 3, { streaming: true, generation: 2, recency: 20 }))),
      serving(list([row('a', 4, { generation: 2, recency: 30 })]), caughtUp(4)),
    ),
  })
  activityView(up.client).onCompletedInBackground(completed)
  activityView(up.client).subscribe(() => {})
  for (let i = 0; i < 6; i++) {
    await rest()
    await up.clock.advance(3_000)
  }
  expect(activityView(up.client).getSnapshot().rows).toMatchObject([{ revision: 4 }])
  expect(completed).toHaveBeenCalledTimes(1)
})

test('an answer that ends in the session on screen is not reported', async () => {
  const completed = vi.fn()
  const recording = new Recording()
  const over = Promise.withResolvers<void>()
  const up = setUp({
    async *activity(_since, signal) {
      yield list([streaming])
      yield caughtUp(1)
      await over.promise
      yield changed(finished)
      await aborted(signal)
    },
    async *onChat(_input, signal) {
      yield* recording.full()
      await aborted(signal)
    },
  })
  activityView(up.client).onCompletedInBackground(completed)
  activityView(up.client).subscribe(() => {})
  const session = up.client.session('a')
  session.subscribe(() => {})
  await live(up)
  await until(() => session.stats().framesReceived === 3)
  over.resolve()
  await until(() => activityView(up.client).stats().framesReceived === 3)
  await up.clock.advance(16)
  expect(completed).not.toHaveBeenCalled()
})

test('a client has one view of its session list', async () => {
  const up = setUp({ activity: serving(list([streaming]), caughtUp(1)) })
  const view = activityView(up.client)
  expect(activityView(up.client)).toBe(view)
  expect(activityView(setUp({}).client)).not.toBe(view)
  view.subscribe(() => {})
  await live(up)
  up.client.close()
  expect(view.getSnapshot()).toMatchObject({ connection: { status: 'idle' }, rows: [streaming] })
  expect(up.server.open).toBe(0)
})

test('a listener hears of completed answers until it leaves', async () => {
  const up = setUp({
    async *activity(_since, signal) {
      for (const frame of [list([streaming]), caughtUp(1), changed(finished)]) yield frame
      await left.promise
      yield changed(row('a', 3, { streaming: true, generation: 2, recency: 20 }))
      yield changed(row('a', 4, { generation: 2, recency: 30 }))
      await aborted(signal)
    },
  })
  const left = Promise.withResolvers<void>()
  const view = activityView(up.client)
  const [stays, leaves] = [vi.fn(), vi.fn()]
  view.onCompletedInBackground(stays)
  const leave = view.onCompletedInBackground(leaves)
  view.subscribe(() => {})
  await live(up)
  expect([stays, leaves].map(({ mock }) => mock.calls.length)).toEqual([1, 1])
  leave()
  leave()
  left.resolve()
  await until(() => view.stats().framesReceived === 5)
  await up.clock.advance(16)
  expect([stays, leaves].map(({ mock }) => mock.calls.length)).toEqual([2, 1])
})

test('a feed that is silent for 15 s is dropped and resumed', async () => {
  const up = setUp({
    activity: inTurn(serving(list([row('a', 1)]), caughtUp(1)), serving(caughtUp(1))),
  })
  activityView(up.client).subscribe(() => {})
  await live(up)
  await up.clock.advance(15_000)
  await until(() => up.server.open === 0)
  expect(activityView(up.client).getSnapshot().rows).toHaveLength(1)
  await up.clock.advance(1_000)
  await live(up)
  expect(up.server.activityRequests).toEqual([undefined, 'f.1.x'])
})
