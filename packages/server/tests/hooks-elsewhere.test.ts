import { describe, expect, test } from 'vitest'

import { openTestServer } from './support/open-test-server.ts'
import { sharedDatabases } from './shared-databases.ts'

describe.each(sharedDatabases)('a hook on %s', (_, make) => {
  test('whose process dies in the call is called by one other process, under the same id', async () => {
    const { storage } = await make()
    const called = Promise.withResolvers<string>()
    const dying = await openTestServer({
      storage: storage(),
      closes: true,
      hooks: {
        runEnded: ({ id }, signal) => {
          called.resolve(id)
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
        },
      },
    })
    const ended: [server: number, id: string][] = []
    const others = await Promise.all(
      [1, 2].map((server) =>
        openTestServer({
          storage: storage(),
          lease: 300,
          hooks: { runEnded: ({ id }) => void ended.push([server, id]) },
        }),
      ),
    )
    const { id: sessionId } = await dying.client().sessions.create()
    await dying.client().messages.send({ sessionId, text: 'Hi' })
    const id = await called.promise
    // It says nothing more, and settles nothing.
    await dying.store.close()
    await expect.poll(() => ended.length, { timeout: 10_000 }).toBe(1)
    for (const { store } of others) await expect.poll(() => store.hooks.list(9)).toEqual([])
    expect(ended).toEqual([[expect.any(Number), id]])
  })
})
