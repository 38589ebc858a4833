import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'
import { Random } from '@caughtup/schema/testing'
import { expect, onTestFinished, test } from 'vitest'

import { CollectedChanges } from '../bus/collected-changes.ts'
import type { CommittedBatch } from '../port/bus.ts'
import type { EventBatch } from '../port/reading.ts'
import { Followers } from './followers.ts'

const sessionId = 's'
const nothing = { [Symbol.dispose]() {} }

const pause = async (turns: number) => {
  for (let n = 0; n < turns; n++) await Promise.resolve()
}
const macrotask = () => new Promise((resolve) => setImmediate(resolve))

interface Entry {
  event: Event
  tag: string
}

/** A journal in a database that others write to, and that is read as slowly as `wait` says. */
class Journal {
  readonly #wait: () => Promise<void>
  entries: Entry[] = []
  reads = 0
  #made = 0

  constructor(wait: () => Promise<void> = () => pause(1)) {
    this.#wait = wait
  }

  get seq(): number {
    return this.entries.length
  }

  /** What the commit of so many entries announces. */
  commit(count = 1, tag = 'A'): CommittedBatch {
    const after = this.#cursor(this.seq)
    const events = Array.from({ length: count }, (_, index) =>
      made(after.seq + 1 + index, this.#made++),
    )
    this.entries.push(...events.map((event) => ({ event, tag })))
    return { sessionId, after, events, tag }
  }

  readonly read = async (_: string, after: number): Promise<EventBatch> => {
    this.reads++
    await this.#wait()
    const events = this.entries.slice(after).map(({ event }) => event)
    const newest = this.seq
    const cursor =
      events.length > 0 ? this.#cursor(newest) : { ...this.#cursor(newest), seq: after }
    await this.#wait()
    return { events, cursor, complete: true, newest }
  }

  #cursor(seq: number) {
    return { journal: 'j', seq, tag: this.entries[seq - 1]?.tag ?? '' }
  }
}

/** An event that nothing else equals. */
function made(seq: number, at: number): Event {
  const message = { messageId: 'm', ops: [{ op: 'append' as const, part: 0, text: 'x' }] }
  return { type: 'message-delta', from: seq, seq, at, epoch: 1, ...message }
}

/** Followers of the journal in another process, which hear what `heard` is told. */
function elsewhere(journal: Journal) {
  const ended = new AbortController()
  const heard = new CollectedChanges()
  const followers = new Followers({
    read: journal.read,
    watch: () => nothing,
    ended: ended.signal,
  })
  const hearing = (async () => {
    for (;;) followers.changedElsewhere(await heard.next(ended.signal))
  })()
  hearing.catch(() => undefined)
  onTestFinished(() => ended.abort())
  const follow = (after: number, slow: () => Promise<void> = () => pause(0)): Event[] => {
    const events: Event[] = []
    void (async () => {
      for await (const batch of followers.follow(sessionId, after, { signal: ended.signal })) {
        events.push(...batch.events)
        await slow()
      }
    })().catch(() => undefined)
    return events
  }
  return { heard, follow, end: () => ended.abort() }
}

test('a batch that goes on where followers are needs no read, whoever of them is at the head', async () => {
  const journal = new Journal()
  journal.commit(3)
  const { heard, follow } = elsewhere(journal)
  const [one, two] = [follow(3), follow(0)]
  await macrotask()
  const { reads } = journal
  for (let n = 0; n < 20; n++) {
    heard.noticeBatch(journal.commit(1 + (n % 3)))
    if (n % 4 === 0) heard.noticeBatch(journal.commit())
    await macrotask()
  }
  expect(journal.reads).toBe(reads)
  expect(one).toEqual(journal.entries.slice(3).map(({ event }) => event))
  expect(two).toEqual(journal.entries.map(({ event }) => event))
})

test.each<[string, (batch: CommittedBatch) => CommittedBatch]>([
  ['of another journal', (batch) => ({ ...batch, after: { ...batch.after, journal: 'other' } })],
  [
    'after an entry of another history',
    (batch) => ({ ...batch, after: { ...batch.after, tag: 'B' } }),
  ],
  ['behind a hole', (batch) => ({ ...batch, after: { ...batch.after, seq: batch.after.seq + 1 } })],
  ['that is known', (batch) => ({ ...batch, after: { ...batch.after, seq: batch.after.seq - 1 } })],
])('of a batch %s nothing is shown: the journal is read', async (_, disturb) => {
  const journal = new Journal()
  journal.commit(3)
  const { heard, follow } = elsewhere(journal)
  const events = follow(3)
  await macrotask()
  const { reads } = journal
  const batch = disturb(journal.commit())
  heard.noticeBatch({ ...batch, events: [made(4, 1_000_000)] })
  await macrotask()
  expect(events).toEqual([journal.entries[3]?.event])
  expect(journal.reads).toBeGreaterThan(reads)
})

interface Faults {
  lost: number
  doubled: number
  overtaken: number
  forged: number
  putBack: number
}

/** A random program of commits, and of what becomes of their announcements on the way. */
async function program(seed: number, faults: Faults): Promise<void> {
  const random = new Random(seed)
  const why = `seed ${seed}`
  const wait = () => pause(random.between(0, 6))
  const slow = () =>
    (random.chance(0.1) ? macrotask() : pause(random.between(0, 4))) as Promise<void>
  const journal = new Journal(wait)
  const { heard, follow, end } = elsewhere(journal)
  const following: { after: number; events: Event[] }[] = []
  const written = new Set<Event>()
  let waiting: CommittedBatch[] = []
  let tag = 'A'
  let wasPutBack = false
  for (let step = 0; step < 60; step++) {
    if (random.chance(0.08)) {
      const after = random.chance(0.5) ? journal.seq : random.between(0, journal.seq)
      following.push({ after, events: follow(after, slow) })
    }
    if (random.chance(faults.putBack)) {
      wasPutBack = true
      journal.entries = journal.entries.slice(0, random.between(0, journal.seq))
      tag += 'x'
    }
    if (random.chance(0.7)) {
      const batch = journal.commit(random.between(1, 3), tag)
      for (const event of batch.events) written.add(event)
      if (!random.chance(faults.lost)) waiting.push(batch)
      if (random.chance(faults.doubled)) waiting.push(batch)
    }
    if (random.chance(faults.forged)) {
      const after = { journal: random.pick(['j', 'k']), seq: journal.seq, tag: 'forged' }
      waiting.push({ sessionId, after, events: [made(journal.seq + 1, -step)], tag: 'forged' })
    }
    if (random.chance(faults.overtaken)) waiting = waiting.toReversed()
    for (const batch of waiting.splice(0, random.between(0, 3))) {
      if (random.chance(0.1)) heard.notice([sessionId], [])
      else heard.noticeBatch(batch)
      if (random.chance(0.5)) await pause(random.between(0, 8))
    }
    if (random.chance(0.3)) await macrotask()
  }
  for (const batch of waiting) heard.noticeBatch(batch)
  // Only of what was lost nobody hears before something else is heard, or the connection is noticed to be lost.
  if (faults.lost > 0 || wasPutBack) heard.noticeAll()
  const isShown = () =>
    following.every(({ after, events }) => (events.at(-1)?.seq ?? after) >= journal.seq)
  for (let turns = 0; turns < 200 && !isShown(); turns++) await macrotask()
  for (const { after, events } of following) {
    const seqs = events.map(({ seq }) => seq)
    assert.deepEqual(
      seqs,
      seqs.map((_, index) => after + 1 + index),
      why,
    )
    assert.ok(
      events.every((event) => written.has(event)),
      why,
    )
    assert.ok((seqs.at(-1) ?? after) >= journal.seq, why)
    const all = journal.entries.slice(after).map(({ event }) => event)
    if (!wasPutBack) assert.deepEqual(events, all, why)
  }
  end()
  await macrotask()
}

const none: Faults = { lost: 0, doubled: 0, overtaken: 0, forged: 0, putBack: 0 }
const first = Math.floor(Math.random() * 1e9)

test.each<[string, Faults]>([
  ['come as they were sent', none],
  ['are doubled and overtake each other', { ...none, doubled: 0.3, overtaken: 0.5 }],
  ['are lost', { ...none, lost: 0.3 }],
  ['are forged by somebody who does not know the newest tag', { ...none, forged: 0.3 }],
  ['are of a journal that was put back', { ...none, putBack: 0.05 }],
  ['suffer all of it', { lost: 0.2, doubled: 0.2, overtaken: 0.4, forged: 0.2, putBack: 0.03 }],
])('followers get each entry once and in order where batches %s', async (_, faults) => {
  for (let seed = first; seed < first + 60; seed++) await program(seed, faults)
})
