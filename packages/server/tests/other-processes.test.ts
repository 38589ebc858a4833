import { type Presence, presence } from '@caughtup/schema'
import { ManualClock, settle } from '@caughtup/schema/testing'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { expect, test } from 'vitest'

import { resolveOptions } from '../src/host/server-options.ts'
import type { SentTransient } from '../src/streams/held-transients.ts'
import { StreamRegistry } from '../src/streams/stream-registry.ts'
import { NumberFeed, numbersSource, ReadingClient } from './support/number-feed.ts'
import { openTestServer } from './support/open-test-server.ts'

type Frame = SentTransient['frame']

/** The streams of so many server processes on one database, all of the session `numbers`. */
async function openProcesses(count: number) {
  const clock = new ManualClock()
  const storage = memory()
  const processes = Array.from({ length: count }, async () => {
    const { chat, store } = await openTestServer({ storage, clock })
    const streams = new StreamRegistry(resolveOptions({ ...chat.settings, store }))
    const feed = new NumberFeed()
    const open = (principal: string) => {
      const stream = streams.open({ kind: 'chat', principal }, numbersSource(feed))
      const client = new ReadingClient(stream, Number.POSITIVE_INFINITY)
      stream.begin(client)
      return { client, stream }
    }
    return { streams, open, store, watchers: streams.watchers }
  })
  return { clock, processes: await Promise.all(processes) }
}

function transients(client: ReadingClient): Frame[] {
  return client.frames.flatMap(({ frame }) => (isTransient(frame) ? frame : []))
}

function isTransient(frame: object): frame is Frame {
  return 'type' in frame && frame.type === 'transient'
}

/** The newest list of who is watching that a client got. */
function listOf(client: ReadingClient): Record<string, number> {
  const newest = transients(client).findLast(({ name }) => name === 'presence')
  return counts(presence.parse(newest?.data))
}

function counts(list: readonly Presence[]): Record<string, number> {
  return Object.fromEntries(list.map(({ principal, streams }) => [principal, streams]))
}

test('a transient reaches who is watching through another process, once', async () => {
  const { processes } = await openProcesses(2)
  const [one, two] = processes
  const [ann, bob] = [one?.open('ann'), two?.open('bob')]
  await settle()
  const frame = { type: 'transient', name: 'typing', data: { by: 'ann' }, from: 'ann' } as const
  await one?.watchers.tell('numbers', { frame })
  await one?.watchers.tell('elsewhere', { frame: { ...frame, name: 'other' } })
  for (const stream of [ann, bob]) {
    const told = stream ? transients(stream.client) : []
    expect(told.filter(({ name }) => name !== 'presence')).toEqual([frame])
  }
})

test('signals of a principal count in every process that hears them', async () => {
  const storage = memory()
  const clock = new ManualClock()
  const limits = { signalsPerMinute: 3 }
  const [one, two] = [
    await openTestServer({ storage, clock, limits }),
    await openTestServer({ storage, clock, limits }),
  ]
  const { id: sessionId } = await one.store.sessions.create({ owner: 'ann', members: ['bob'] })
  const signal = (server: typeof one, principal: string) =>
    server.client(principal).sessions.signal({ sessionId, name: 'typing', data: true })
  await signal(one, 'ann')
  await signal(one, 'ann')
  await signal(two, 'ann')
  for (const server of [one, two]) {
    await expect(signal(server, 'ann')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  }
  await signal(two, 'bob')
  await clock.advance(60_000)
  await signal(one, 'ann')
})

test('who is watching is so through every process, as they come and go', async () => {
  const { clock, processes } = await openProcesses(3)
  const [one, two, three] = processes
  const ann = one?.open('ann')
  await clock.advance(1_000)
  const bob = two?.open('bob')
  const again = three?.open('ann')
  await clock.advance(1_000)
  for (const stream of [ann, bob, again]) {
    expect(stream && listOf(stream.client)).toEqual({ ann: 2, bob: 1 })
  }
  again?.client.leave()
  await clock.advance(3_000)
  expect(bob && listOf(bob.client)).toEqual({ ann: 1, bob: 1 })
  one?.streams.endAll()
  await clock.advance(1_000)
  expect(bob && listOf(bob.client)).toEqual({ bob: 1 })
})

test('of a process that died, what it said last counts for a minute, and of one that lives for as long as it does', async () => {
  const { clock, processes } = await openProcesses(2)
  const [one, two] = processes
  const ann = one?.open('ann')
  // It says nothing more once its store is closed.
  const dying = two?.open('bob')
  await clock.advance(1_000)
  expect(ann && listOf(ann.client)).toEqual({ ann: 1, bob: 1 })
  await clock.advance(300_000)
  expect(ann && listOf(ann.client)).toEqual({ ann: 1, bob: 1 })
  await two?.store.close()
  await clock.advance(30_000)
  expect(ann && listOf(ann.client)).toEqual({ ann: 1, bob: 1 })
  await clock.advance(60_000)
  expect(ann && listOf(ann.client)).toEqual({ ann: 1 })
  dying?.client.leave()
})

test('a process through which nobody is watching asks the others', async () => {
  const { clock, processes } = await openProcesses(3)
  const [one, two, three] = processes
  one?.open('ann')
  two?.open('bob')
  await clock.advance(1_000)
  const asked = three?.watchers.watching('numbers')
  await clock.advance(250)
  expect(counts((await asked) ?? [])).toEqual({ ann: 1, bob: 1 })
  const nobody = three?.watchers.watching('elsewhere')
  await clock.advance(250)
  expect(await nobody).toEqual([])
})

test('a process that is alone waits for nobody', async () => {
  const { processes } = await openProcesses(1)
  expect(await processes[0]?.watchers.watching('numbers')).toEqual([])
})

test('what no server has sent is passed over', async () => {
  const storage = memory()
  const stranger = await createStore({ storage })
  const { errors } = await openTestServer({ storage })
  const notes = stranger.notes
  const frame = { type: 'transient', name: 'a' }
  const odd = [
    1,
    null,
    [],
    { caughtup: 'x' },
    { caughtup: 'x', kind: 'transient', sessionId: 's', frame },
  ]
  const watching = { caughtup: 'x', kind: 'watching', sessionId: 's', list: [{ principal: 1 }] }
  for (const value of [...odd, watching]) expect(notes?.send(JSON.stringify(value))).toBe(true)
  expect(notes?.send('{')).toBe(true)
  expect(errors).toEqual([])
  await stranger.close()
})
