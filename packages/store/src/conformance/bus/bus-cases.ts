import assert from 'node:assert/strict'

import type { Bus, CommittedBatch, RemoteChanges } from '../../port/bus.ts'
import { StorageError } from '../../port/storage-error.ts'
import { within } from '../support/within.ts'
import type { BusBed } from './bus-conformance.ts'

/** The most ms until something is heard, on a busy machine. */
const heardWithin = 5_000
/** For how many ms a case waits to see that nothing is heard. */
const quiet = 400

const own = { members: false }
const odd = ['ä"\\\n\u2028', '日本語'.repeat(20), '🦜', '\ud800', '', '__proto__', 'a,b', ' ']

/** Its next answer. */
function next(bus: Bus): Promise<RemoteChanges> {
  return within(heardWithin, (signal) => bus.next(signal))
}

/** Waits until each of the sessions was named, or all were; the answers until then. */
function named(bus: Bus, sessionIds: readonly string[]): Promise<RemoteChanges[]> {
  return within(heardWithin, async (signal) => {
    const missing = new Set(sessionIds)
    const answers: RemoteChanges[] = []
    while (missing.size > 0) {
      const changes = await bus.next(signal)
      answers.push(changes)
      for (const id of changes.sessions === 'all' ? missing : changes.sessions) missing.delete(id)
    }
    return answers
  })
}

function namesOf(answers: readonly RemoteChanges[], kind: 'sessions' | 'members'): Set<string> {
  const names = new Set<string>()
  for (const { [kind]: each } of answers) {
    assert.notEqual(each, 'all')
    if (each !== 'all') for (const id of each) names.add(id)
  }
  return names
}

async function hearsNothing(bus: Bus): Promise<void> {
  const heard = within(quiet, (signal) => bus.next(signal))
  await assert.rejects(heard, /Nothing came/)
}

/** What was heard of a session until its newest entry is there, or somebody has to read it. */
async function batchesOf(bus: Bus, sessionId: string, seq: number): Promise<CommittedBatch[]> {
  return within(heardWithin, async (signal) => {
    const batches: CommittedBatch[] = []
    for (;;) {
      const { sessions, batches: carried } = await bus.next(signal)
      const batch = carried?.get(sessionId)
      if (batch) batches.push(batch)
      else if (sessions === 'all' || sessions.has(sessionId)) return []
      if (batch?.events.at(-1)?.seq === seq) return batches
    }
  })
}

/** A commit of so many entries of a text. */
function committed(seqBefore: number, texts: readonly string[], tag = 'tag'): CommittedBatch {
  const events = texts.map((text, index) => {
    const seq = seqBefore + 1 + index
    const ops = [{ op: 'append' as const, part: 0, text }]
    return { type: 'message-delta' as const, from: seq, seq, at: 1, epoch: 1, messageId: 'm', ops }
  })
  const after = { journal: 'journal', seq: seqBefore, tag: seqBefore === 0 ? '' : 'tag' }
  return { sessionId: 'a', after, events, tag }
}

/** Two of which each has heard the other: what nobody would get need not be carried. */
async function acquainted(bed: BusBed): Promise<[Bus, Bus]> {
  const [one, two] = await bed.two()
  one.announce(['hello'], own)
  two.announce(['hello'], own)
  await Promise.all([named(one, ['hello']), named(two, ['hello'])])
  return [one, two]
}

/** Resolves with the first note that the bus hears. */
function firstNote(bus: Bus): Promise<string> {
  return within(heardWithin, (signal) => {
    const heard = Promise.withResolvers<string>()
    const leave = bus.listen(heard.resolve)
    signal.addEventListener('abort', () => heard.reject(signal.reason))
    return heard.promise.finally(leave)
  })
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `${index}`.padStart(64, '-'))

export const busCases: Readonly<Record<string, (bed: BusBed) => Promise<void>>> = {
  async 'hears what another announces, and not itself'(bed) {
    const [one, two] = await bed.two()
    one.announce(['a'], own)
    assert.deepEqual((await next(two)).sessions, new Set(['a']))
    await hearsNothing(one)
    two.announce(['b'], own)
    assert.deepEqual((await next(one)).sessions, new Set(['b']))
  },

  async 'is heard by all others'(bed) {
    const [one, two] = await bed.two()
    const three = await bed.open()
    one.announce(['a'], own)
    for (const bus of [two, three]) assert.deepEqual((await next(bus)).sessions, new Set(['a']))
  },

  async 'has what was announced between two calls for the next one'(bed) {
    const [one, two] = await bed.two()
    const controller = new AbortController()
    const reason = new Error('No longer asked.')
    const waiting = two.next(controller.signal)
    controller.abort(reason)
    await assert.rejects(waiting, (error) => error === reason)
    one.announce(['a'], own)
    one.announce(['b'], own)
    assert.deepEqual(namesOf(await named(two, ['a', 'b']), 'sessions'), new Set(['a', 'b']))
  },

  async 'says whose members changed'(bed) {
    const [one, two] = await bed.two()
    one.announce(['a'], own)
    one.announce(['b'], { members: true })
    one.announce(['b'], own)
    const answers = await named(two, ['a', 'b'])
    assert.deepEqual(namesOf(answers, 'members'), new Set(['b']))
  },

  async 'gathers a burst'(bed) {
    const [one, two] = await bed.two()
    const ids = numbered(10)
    const hearing = named(two, [...ids, 'last'])
    for (let count = 0; count < 10_000; count++) {
      one.announce([ids[count % ids.length] ?? ''], own)
      // As many windows, each with what came since the last one.
      if (count % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    one.announce(['last'], own)
    const answers = await hearing
    assert.deepEqual(namesOf(answers, 'sessions'), new Set([...ids, 'last']))
    assert.ok(answers.length <= 110, `${answers.length} answers`)
  },

  async 'names more sessions than one text can carry'(bed) {
    const [one, two] = await bed.two()
    const ids = numbered(2_000)
    one.announce(ids, { members: true })
    const answers = await named(two, ids)
    assert.deepEqual(namesOf(answers, 'sessions'), new Set(ids))
    assert.deepEqual(namesOf(answers, 'members'), new Set(ids))
  },

  async 'says that any may have changed rather than naming very many'(bed) {
    const [one, two] = await bed.two()
    one.announce(numbered(20_000), own)
    const [answer] = await named(two, numbered(20_000))
    assert.equal(answer?.sessions, 'all')
    assert.equal(answer.members, 'all')
  },

  async 'takes ids of any characters'(bed) {
    const [one, two] = await bed.two()
    one.announce(odd, own)
    assert.deepEqual(namesOf(await named(two, odd), 'sessions'), new Set(odd))
  },

  async 'carries what commits added, whole and in order'(bed) {
    const [one, two] = await acquainted(bed)
    const sent: CommittedBatch[] = []
    for (let seq = 0; seq < 20; seq++) sent.push(committed(seq, ['x'.repeat(100)]))
    sent.push(committed(20, odd), committed(20 + odd.length, ['last'], 'another'))
    const last = 21 + odd.length
    const hearing = batchesOf(two, 'a', last)
    for (const [index, batch] of sent.entries()) {
      one.committed([batch])
      if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const heard = await hearing
    assert.deepEqual(
      heard.flatMap(({ events }) => events),
      sent.flatMap(({ events }) => events),
    )
    let before = { seq: 0, tag: '' }
    for (const { sessionId, after, events, tag } of heard) {
      assert.equal(sessionId, 'a')
      assert.deepEqual(after, { journal: 'journal', ...before })
      before = { seq: events.at(-1)?.seq ?? 0, tag }
    }
    assert.deepEqual(before, { seq: last, tag: 'another' })
    await hearsNothing(one)
  },

  async 'says of a commit that is too large only which session changed'(bed) {
    const [one, two] = await acquainted(bed)
    for (const size of [9_000, 70_000, 2_000_000]) {
      one.committed([committed(0, ['x'.repeat(size)])])
      const heard = await batchesOf(two, 'a', 1)
      // A bus that carries anything may carry it.
      const text = JSON.stringify(heard[0]?.events)
      assert.ok(heard.length === 0 || text.length > size, `${size}`)
    }
  },

  async 'says of a session that changed otherwise too that it has to be read'(bed) {
    const [one, two] = await acquainted(bed)
    const changes = [
      () => one.committed([committed(0, ['a'])]),
      () => one.announce(['a'], { members: true }),
      () => one.committed([committed(1, ['b'])]),
    ]
    for (const change of changes) change()
    const answers = await within(heardWithin, async (signal) => {
      const all: RemoteChanges[] = []
      for (;;) {
        const changed = await two.next(signal)
        all.push(changed)
        if (changed.sessions === 'all' || !changed.batches?.has('a')) return all
      }
    })
    assert.deepEqual(namesOf(answers, 'members'), new Set(['a']))
  },

  async 'says of commits that do not go on from each other that they have to be read'(bed) {
    const [one, two] = await acquainted(bed)
    one.committed([committed(0, ['a']), committed(5, ['b'])])
    assert.deepEqual(await batchesOf(two, 'a', 6), [])
  },

  async 'does not hear another database'(bed) {
    const [one, two] = await bed.two()
    const other = await bed.open(bed.buses.other)
    const notes: string[] = []
    other.listen((note) => notes.push(note))
    one.announce(['a'], own)
    one.send('note')
    await named(two, ['a'])
    await hearsNothing(other)
    assert.deepEqual(notes, [])
    other.announce(['b'], own)
    await hearsNothing(one)
  },

  async 'carries notes in order, and not to their sender'(bed) {
    const [one, two] = await bed.two()
    const heard: string[] = []
    const mine: string[] = []
    one.listen((note) => mine.push(note))
    two.listen((note) => heard.push(note))
    const leave = two.listen(() => assert.fail('It has left.'))
    leave()
    const sent = [...odd, ...numbered(100)]
    const last = within(heardWithin, async (signal) => {
      while (heard.length < sent.length) {
        signal.throwIfAborted()
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    for (const note of sent) assert.equal(one.send(note), true)
    await last
    assert.deepEqual(heard, sent)
    assert.deepEqual(mine, [])
    await hearsNothing(two)
  },

  async 'carries equal notes as often as they were sent'(bed) {
    const [one, two] = await bed.two()
    const note = 'x'.repeat(5_000)
    const heard: string[] = []
    const last = within(heardWithin, (signal) => {
      const all = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => all.reject(signal.reason))
      two.listen((each) => void (heard.push(each) === 6 && all.resolve()))
      return all.promise
    })
    for (let count = 0; count < 6; count++) one.send(note)
    await last
    assert.deepEqual(
      heard,
      Array.from({ length: 6 }, () => note),
    )
  },

  async 'carries a note whole or refuses it'(bed) {
    const [one, two] = await bed.two()
    for (const size of [6_000, 7_999, 60_000, 70_000, 2_000_000]) {
      const note = 'x'.repeat(size)
      const heard = firstNote(two)
      if (!one.send(note)) one.send('refused')
      const carried = await heard
      assert.ok(carried === note || (carried === 'refused' && size > 6_000), `${size}`)
    }
  },

  async 'says after a lost connection that anything may have changed, and hears again'(bed) {
    if (!bed.buses.cut) return
    const [one, two] = await bed.two()
    one.announce(['a'], own)
    await named(two, ['a'])
    await bed.buses.cut()
    const answers = await within(heardWithin, async (signal) => {
      const all: RemoteChanges[] = []
      while (all.at(-1)?.sessions !== 'all' || all.at(-1)?.failure !== undefined) {
        all.push(await two.next(signal))
      }
      return all
    })
    assert.equal(answers.at(-1)?.members, 'all')
    one.announce(['b'], own)
    await named(two, ['b'])
  },

  async 'says that all may have changed where what was read is in doubt'(bed) {
    const [one, two] = await bed.two()
    one.doubt()
    assert.deepEqual(await next(one), { sessions: 'all', members: 'all' })
    await hearsNothing(two)
  },

  async 'tells what was announced until it closes, and then nothing'(bed) {
    const [one, two] = await bed.two()
    const ids = numbered(500)
    const waiting = one.next(new AbortController().signal)
    one.announce(ids, own)
    await Promise.all([
      one.close(),
      assert.rejects(
        waiting,
        (error) => error instanceof StorageError && error.failure === 'closed',
      ),
    ])
    await one.close()
    await assert.rejects(next(one), StorageError)
    assert.deepEqual(namesOf(await named(two, ids), 'sessions'), new Set(ids))
    assert.equal(one.send('late'), false)
  },
}
