import assert from 'node:assert/strict'

import { sleep, systemClock } from '@caughtup/schema/clock'
import { Random } from '@caughtup/schema/testing'

import { prompt } from '../../src/conformance/support/drafts.ts'
import { changesAfter } from '../../src/conformance/support/reads.ts'
import type { Storage } from '../../src/port/storage.ts'
import { Keeper } from './keeper.ts'
import { Ledger } from './ledger.ts'
import { verifyHistory } from './verify-history.ts'
import { isPassing, orMissing, Writer } from './writer.ts'

const sessions = ['a', 'b', 'c']
const principals = ['ann', 'bob', 'eve']
/** A session that stays, with its member. */
const lasting = { id: 'd', title: '', createdAt: 1, members: ['zoe', 'ann'] }

export interface Raced {
  entries: number
  journals: number
  /** How often a process read what it had just written by the feed. */
  fed: number
}

export interface RaceOptions {
  seed: number
  /** An opening of each process. */
  storages: readonly Storage[]
  ms: number
  /** Begins faults by which answers are lost, and returns what ends them. */
  disturb?: () => () => Promise<void>
}

/**
 * Processes commit, trim, delete, fork and take over on one database at the same time, as fast as it
 * answers. What each does follows from the seed, and in which order does not.
 *
 * @throws AssertionError where a journal or a feed is not what was promised
 */
export async function race(options: RaceOptions): Promise<Raced> {
  const { seed, storages, ms, disturb } = options
  const random = new Random(seed)
  const ledger = new Ledger()
  const end = systemClock.monotonic() + ms
  const keepers: Keeper[] = []
  let fed = 0
  await storages[0]?.createSession(lasting)
  const calm = disturb?.()
  const work = storages.flatMap((storage, index) => {
    const another = () => new Random(random.between(1, 1e9))
    const [ofWriter, ofKeeper, ofTrimmer] = [another(), another(), another()]
    const keeper = new Keeper({ storage, random: ofKeeper, sessions, principals, kept: 40 })
    const name = 'ABCDEF'.charAt(index)
    const writer = new Writer({ name, storage, random: ofWriter, ledger, sessions })
    keepers.push(keeper)
    const until = async (step: () => Promise<void>) => {
      while (systemClock.monotonic() < end) await passing(step)
    }
    const write = async () => {
      await until(async () => {
        // Now and then it is paused: meanwhile others end its runs, and retention removes what they wrote.
        if (ofWriter.chance(0.2)) await sleep(systemClock, ofWriter.between(5, 80))
        await writer.step()
      })
      await writer.finishAll()
    }
    const feed = async (count = 0) => {
      await until(async () => {
        const id = `${name}${count++}`
        await readOwnWrite(storage, writer, id)
        fed++
      })
    }
    return [write(), until(() => keeper.run(1)), until(() => trim(storage, ofTrimmer)), feed()]
  })
  await Promise.all(work)
  await calm?.()
  await verifyHistory({
    storages,
    keepers,
    ledger,
    sessions: [...sessions, lasting.id],
    isFaulty: disturb !== undefined,
  })
  const all = [...ledger.journals.values()]
  return {
    entries: all.reduce((sum, { entries }) => sum + entries.size, 0),
    journals: all.length,
    fed,
  }
}

/** A commit goes on until its outcome is known; before it, a read may fail. */
async function passing(step: () => Promise<void>): Promise<void> {
  try {
    await step()
  } catch (error) {
    if (!isPassing(error)) throw error
  }
}

/** Removes all that retention may remove. */
async function trim(storage: Storage, random: Random): Promise<void> {
  const id = random.pick(sessions)
  await orMissing(storage.maintain({ trim: id, upTo: Number.MAX_SAFE_INTEGER }))
  await sleep(systemClock, random.between(1, 20))
}

/** Writes to the lasting session, and finds it among what changed since. */
async function readOwnWrite(storage: Storage, writer: Writer, id: string): Promise<void> {
  const { position } = await changesAfter(storage, 'zoe', 0, 1_000)
  const slice = { sessionId: lasting.id, at: 1, drafts: [prompt(id)] }
  const [result] = await writer.commit([slice])
  assert(result && result.refused === undefined, 'The lasting session takes every prompt.')
  const { rows, known } = await changesAfter(storage, 'zoe', position, 1_000)
  const [row] = rows
  assert(known && row, `What was just written is behind position ${position}.`)
  assert(row.revision > position && row.headSeq >= result.cursor.seq, 'It is as it was written.')
}
