import { ManualClock, settle } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { RemoteWatch } from './remote-watch.ts'
import type { RemoteChanges } from '../port/bus.ts'

/** A watch whose feed answers when the test says so. */
function openWatch() {
  const clock = new ManualClock()
  const calls: { answer: (changes: RemoteChanges) => void; fail: (error: Error) => void }[] = []
  const seen: RemoteChanges[] = []
  const failures: unknown[] = []
  const watch = new RemoteWatch(
    {
      next: (signal) =>
        new Promise((answer, fail) => {
          calls.push({ answer, fail })
          signal.addEventListener('abort', () => fail(signal.reason))
        }),
    },
    clock,
    (changes) => seen.push(changes),
    (error) => failures.push(error),
  )
  return { clock, watch, calls, seen, failures }
}

const changes: RemoteChanges = { sessions: new Set(['s']), members: new Set() }

test('reads only while somebody watches', async () => {
  const { watch, calls, seen } = openWatch()
  await settle()
  expect(calls).toHaveLength(0)
  const [one, other] = [watch.watch(), watch.watch()]
  await settle()
  expect(calls).toHaveLength(1)
  calls[0]?.answer(changes)
  await settle()
  expect(seen).toEqual([changes])
  expect(calls).toHaveLength(2)
  one[Symbol.dispose]()
  one[Symbol.dispose]()
  await settle()
  calls[1]?.answer(changes)
  await settle()
  expect(seen).toHaveLength(2)
  other[Symbol.dispose]()
  await settle()
  expect(calls).toHaveLength(3)
  calls[2]?.answer(changes)
  await settle()
  expect(seen).toHaveLength(2)
})

test('reads again for the next watcher, one read at a time', async () => {
  const { watch, calls } = openWatch()
  const first = watch.watch()
  await settle()
  first[Symbol.dispose]()
  watch.watch()
  expect(calls).toHaveLength(1)
  await settle()
  expect(calls).toHaveLength(2)
  await watch.close()
})

test('retries with growing delays after a failure, and shows it until a read succeeds', async () => {
  const { clock, watch, calls } = openWatch()
  watch.watch()
  await settle()
  calls[0]?.fail(new Error('locked'))
  await settle()
  expect(watch.lastError).toBe('Error: locked')
  await clock.advance(100)
  calls[1]?.fail(new Error('locked'))
  await clock.advance(199)
  expect(calls).toHaveLength(2)
  await clock.advance(1)
  calls[2]?.answer(changes)
  await settle()
  expect(watch.lastError).toBeUndefined()
  await watch.close()
})

test('shows why a feed hears nothing, until it does, and reports it once', async () => {
  const { watch, calls, seen, failures } = openWatch()
  watch.watch()
  const all: RemoteChanges = { sessions: 'all', members: 'all', failure: 'cut' }
  for (const answer of [all, all, changes, all]) {
    await settle()
    calls.at(-1)?.answer(answer)
    await settle()
    expect(seen.at(-1)).toBe(answer)
    expect(watch.lastError).toBe(answer.failure)
  }
  expect(failures).toEqual(['cut', 'cut'])
  await watch.close()
})

test('ends when it is closed, and cannot be started again', async () => {
  const { clock, watch, calls } = openWatch()
  watch.watch()
  await settle()
  await watch.close()
  watch.watch()
  await settle()
  expect(calls).toHaveLength(1)
  expect(clock.pending).toBe(0)
})
