import { decodeCursor } from '@caughtup/schema/cursor'
import { systemClock } from '@caughtup/schema/clock'
import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'
import { Random } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { readBatch } from '../../../src/core/reading/read-events.ts'
import { checkCursor } from '../../../src/core/reading/cursor-verdict.ts'
import { sqlite } from '../../../src/engines/sqlite/index.ts'
import type { Storage } from '../../../src/port/storage.ts'
import { testDatabase } from '../../support/open-test-store.ts'
import { assertIntact, everything, readWhole } from '../../support/check-database.ts'
import { ChildProgram } from '../child-program.ts'
import { figure, long } from '../../support/long.ts'
import { CrashLedger } from './crash-ledger.ts'
import type { CrashLine } from './crash-line.ts'
import type { Doomed } from './doomed-answer.ts'

const windowMs = 33
const kills = long ? 200 : 20

/** Reads the file as the next process that opens it. */
async function reopened<T>(file: string, read: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await sqlite({ path: file }).open({ clock: systemClock, random: Math.random })
  try {
    return await read(storage)
  } finally {
    await storage.close()
  }
}

/** Runs the writer on the file until it is killed, and returns its lines. */
async function writeUntilKilled(file: string, seed: number): Promise<CrashLine[]> {
  const random = new Random(seed)
  // Half of them die at a step of a transaction, the others at any time.
  const args = random.chance(0.5) ? [random.between(1, 150)] : []
  const child = new ChildProgram(new URL('crash-writer.ts', import.meta.url), [file, seed, ...args])
  const lines: CrashLine[] = []
  let killing: NodeJS.Timeout | undefined
  for (let line = await child.hear(); line !== undefined; line = await child.hear()) {
    lines.push(JSON.parse(line))
    if (args.length > 0) continue
    killing ??= setTimeout(() => child.signal('SIGKILL'), random.between(0, 250))
  }
  clearTimeout(killing)
  expect(await child.end()).toBe('killed')
  return lines
}

test(
  'a killed process loses nothing acknowledged, and one window at most',
  async () => {
    const file = testDatabase()
    const ledger = new CrashLedger()
    for (let kill = 1; kill <= kills; kill++) {
      const seed = Math.floor(Math.random() * 2 ** 32)
      try {
        ledger.take(await writeUntilKilled(file, seed))
        await reopened(file, (storage) => ledger.check(storage))
        assertIntact(file)
      } catch (cause) {
        throw new Error(`The writer of seed ${seed} left this behind (kill ${kill}).`, { cause })
      }
    }
    figure(`${kills} kills, ${ledger.torn} messages checked that were being written`)
    expect(ledger.torn).toBeGreaterThan(kills / 2)
    const median = ledger.waits.toSorted((a, b) => a - b)[Math.floor(ledger.waits.length / 2)]
    expect(median).toBeLessThan(2 * windowMs)
  },
  kills * 6_000,
)

/** The remains of an answer that was killed at this point, and the view of a returning client. */
async function dieAt(fate: string) {
  const file = testDatabase()
  const child = new ChildProgram(new URL('doomed-answer.ts', import.meta.url), [file, fate])
  const doomed: Doomed = JSON.parse((await child.hear()) ?? '')
  if (fate === 'unpublished') await child.end()
  else await child.kill()
  return reopened(file, async (storage) => {
    const { sessionId, messageId } = doomed
    const cursor = decodeCursor(doomed.cursor)!
    expect(await checkCursor(storage, sessionId, cursor)).toBe('ok')
    const { events } = await readWhole(storage, sessionId)
    const seen = events.filter(({ seq }) => seq <= cursor.seq)
    const view = seen.reduce<View>((so, event) => applyEvent(so, event).view, emptyView)
    const missed = await readBatch(storage, sessionId, cursor.seq, { bytes: everything })
    const resumed = missed.events.reduce((so, event) => applyEvent(so, event).view, view)
    const found = await storage.message(sessionId, messageId)
    const [run] = await storage.activeRuns()
    return { found, resumed, run, missed: missed.events.length }
  })
}

test.each([
  ['before the first token', 'before-first-token', []],
  ['in the input of a tool', 'tool-input', [{ state: 'input-streaming', rawInput: '{"at":' }]],
  ['with nothing but a tool call', 'tool-call', [{ state: 'input-available', toolName: 'look' }]],
])('an answer whose process is killed %s exists afterwards, open', async (_, fate, parts) => {
  const { found, run } = await dieAt(fate)
  expect(found).toMatchObject({ status: 'open', parts })
  expect(run).toMatchObject({ open: [found], lease: { own: false } })
})

test('a returning client gets commits that were never published', async () => {
  const { found, resumed, missed } = await dieAt('unpublished')
  expect(missed).toBe(1)
  expect(found?.parts).toMatchObject([{ toolCallId: 'call', state: 'input-available' }])
  expect(resumed.messages).toEqual([found])
})
