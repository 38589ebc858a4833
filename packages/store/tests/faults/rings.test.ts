import { systemClock } from '@caughtup/schema/clock'
import { settle } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { readBatch } from '../../src/core/reading/read-events.ts'
import { Followers } from '../../src/follow/followers.ts'
import { memory } from '../../src/engines/memory/index.ts'
import { delta, opened } from '../../src/conformance/support/drafts.ts'
import { write } from '../../src/conformance/support/writes.ts'
import { createSessions } from '../support/open-storage.ts'

test('a follower that loses every third signal gets each entry once', async () => {
  const storage = await memory().open({ clock: systemClock, random: Math.random })
  await createSessions(storage, ['s'])
  const { signal } = new AbortController()
  const followers = new Followers({
    read: (sessionId, after) => readBatch(storage, sessionId, after, { bytes: 1 }),
    watch: () => ({ [Symbol.dispose]: () => undefined }),
    ended: signal,
  })
  const batches = followers.follow('s', 0, { signal })
  const seen: number[] = []
  const reading = (async () => {
    for await (const { events } of batches) {
      for (const { from, seq } of events) seen.push(...(from === seq ? [seq] : [from, seq]))
      if (seen.at(-1) === 30) return
    }
  })()
  for (let n = 1; n <= 30; n++) {
    const written = await write(storage, 's', [n === 1 ? opened('m') : delta('m', `${n} `)])
    if (n % 3 !== 1) followers.committed('s', written)
    await settle()
  }
  await reading
  expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
  await storage.close()
})

test('a commit during an empty read of a follower is read at once', async () => {
  const storage = await memory().open({ clock: systemClock, random: Math.random })
  await createSessions(storage, ['s'])
  const controller = new AbortController()
  let reads = 0
  const followers = new Followers({
    async read(sessionId, after) {
      const batch = await readBatch(storage, sessionId, after, { bytes: 1 })
      if (++reads === 1) {
        followers.committed(sessionId, await write(storage, sessionId, [opened('m')]))
      }
      return batch
    },
    watch: () => ({ [Symbol.dispose]: () => undefined }),
    ended: controller.signal,
  })
  let seen: number | undefined
  void followers
    .follow('s', 0, controller)
    .next()
    .then(({ value }) => (seen = value?.cursor.seq))
  for (let turn = 0; turn < 10; turn++) await settle()
  expect(seen).toBe(1)
  controller.abort()
  await storage.close()
})

test('a commit while a reader has the batch before is read at once', async () => {
  const storage = await memory().open({ clock: systemClock, random: Math.random })
  await createSessions(storage, ['s'])
  const controller = new AbortController()
  const followers = new Followers({
    read: (sessionId, after) => readBatch(storage, sessionId, after, { bytes: 1e6 }),
    watch: () => ({ [Symbol.dispose]: () => undefined }),
    ended: controller.signal,
  })
  const batches = followers.follow('s', 0, controller)
  const first = batches.next()
  await settle()
  followers.committed('s', await write(storage, 's', [opened('m')]))
  expect((await first).value?.cursor.seq).toBe(1)
  followers.committed('s', await write(storage, 's', [delta('m', 'more')]))
  let seen: number | undefined
  void batches.next().then(({ value }) => (seen = value?.cursor.seq))
  for (let turn = 0; turn < 10; turn++) await settle()
  expect(seen).toBe(2)
  controller.abort()
  await storage.close()
})
