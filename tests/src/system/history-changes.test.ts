import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { CaughtupError, type Message } from '@caughtup/schema'
import { createChatServer } from '@caughtup/server'
import { createStore, type Store } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { createChatClient, type SessionView, sse } from '@caughtup/web-client'
import { expect, onTestFinished, test, vi } from 'vitest'

const windowMessages = 4

/** A store on a file, a server on it, and any number of clients that call it in this process. */
async function openSystem() {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-history-'))
  const store = await createStore({
    storage: sqlite({ path: path.join(folder, 'chat.db') }),
    limits: { windowMessages },
  })
  const chat = createChatServer({
    store,
    agent: async function* () {},
    principal: () => ({ id: 'me' }),
    drain: 0,
  })
  const openClient = () => {
    let outage = new AbortController()
    const client = createChatClient({
      link: sse({
        url: 'http://chat.test/rpc',
        fetch(input, init) {
          const signal = AbortSignal.any([outage.signal, input.signal])
          return chat.fetch(new Request(input, { ...init, signal }))
        },
      }),
      schedule: (callback) => {
        queueMicrotask(callback)
        return () => {}
      },
      reconnect: { minDelay: 1, maxDelay: 5, stableAfter: 0 },
    })
    const cut = () => {
      outage.abort()
      outage = new AbortController()
    }
    return { client, cut }
  }
  const clients = [openClient(), openClient()]
  onTestFinished(async () => {
    for (const { client } of clients) client.close()
    await chat.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { store, clients }
}

/** Pseudo-random numbers below `n`, determined by the seed. */
function chooser(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

/** Every message of the session, oldest first. */
async function allMessages(store: Store, sessionId: string): Promise<Message[]> {
  const pages: Message[][] = []
  let before: number | undefined
  for (;;) {
    const page = await store.page(sessionId, before === undefined ? {} : { before })
    pages.unshift(page.messages)
    if (!page.nextCursor) return pages.flat()
    before = page.nextCursor.before
  }
}

function note(store: Store, sessionId: string, id: string, role: 'user' | 'assistant' = 'user') {
  const parts = [{ type: 'text' as const, text: `text of ${id}` }]
  const message = { id, role, status: 'done' as const, parts, metadata: { createdAt: 1 } }
  return store.append({ sessionId, drafts: [{ type: 'message-created', message }] })
}

/** Changes the session in a random way; rejects if the session does not allow it. */
async function change(
  store: Store,
  sessionId: string,
  choose: (n: number) => number,
  id: string,
): Promise<unknown> {
  const { history } = store
  const all = await allMessages(store, sessionId)
  const chosen = all[choose(all.length)]?.id ?? 'none'
  switch (choose(12)) {
    case 0:
      return history.edit(sessionId, chosen, { parts: [{ type: 'text', text: `edit ${id}` }] })
    case 1:
      return history.delete(sessionId, chosen)
    case 2:
      return history.truncate(sessionId, { after: chosen })
    case 3:
    case 4:
      return history.undo(sessionId)
    case 5:
    case 6:
      return history.redo(sessionId)
    case 7:
      return history.erase(sessionId, [chosen])
    case 8:
      return store.reconcile(sessionId, [
        { id, role: 'user', parts: [{ type: 'text', text: `import ${id}` }] },
      ])
    case 9:
      return choose(3) > 0
        ? note(store, sessionId, id)
        : store.append({
            sessionId,
            drafts: [{ type: 'boundary', kind: 'reset', trigger: 'user' }],
          })
    default:
      return note(store, sessionId, id, choose(2) ? 'user' : 'assistant')
  }
}

/** Waits until the view shows the newest messages, and all of them if it says that none are older. */
async function expectShown(view: SessionView, store: Store, sessionId: string): Promise<void> {
  await vi.waitFor(() => expectNow(view, store, sessionId), { interval: 2, timeout: 10_000 })
}

async function expectNow(view: SessionView, store: Store, sessionId: string): Promise<void> {
  const all = await allMessages(store, sessionId)
  const { messages, canUndo, canRedo, hasOlder, connection } = view.getSnapshot()
  expect(connection.status).toBe('live')
  expect(messages).toEqual(all.slice(all.length - messages.length))
  expect(hasOlder || messages.length === all.length).toBe(true)
  const { head } = await store.head(sessionId)
  expect({ canUndo, canRedo }).toEqual({ canUndo: head.canUndo, canRedo: head.canRedo })
}

test.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
  'after random changes of a history, every view shows its messages (seed %i)',
  async (seed) => {
    const { store, clients } = await openSystem()
    const choose = chooser(seed)
    const { id: sessionId } = await clients[0]!.client.rpc.sessions.create({ title: 'Test' })
    const views = clients.map(({ client }) => client.session(sessionId))
    for (const view of views) view.subscribe(() => {})
    let cuts = 0
    for (let step = 0; step < 60; step++) {
      await change(store, sessionId, choose, `m${step}`).catch((error: unknown) => {
        if (!(error instanceof CaughtupError)) throw error
      })
      const chosen = choose(views.length)
      if (choose(4) === 0) await views[chosen]!.loadOlder()
      if (choose(6) === 0) {
        clients[chosen]!.cut()
        cuts++
      }
      // Now and then all views catch up; otherwise changes come faster than the views read them.
      if (choose(5) === 0) {
        await Promise.all(views.map((each) => expectShown(each, store, sessionId)))
      }
    }
    for (const view of views) {
      await expectShown(view, store, sessionId)
      while (view.getSnapshot().hasOlder) {
        await view.loadOlder()
        await expectShown(view, store, sessionId)
      }
    }
    const { total } = await store.journal.summary(sessionId, {
      types: ['imported', 'history-truncated'],
    })
    for (const view of views) expect(view.stats().connects).toBeLessThanOrEqual(1 + cuts + total)
  },
)
