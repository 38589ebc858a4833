import type { SendResult } from '@caughtup/schema'

import type { Decision, KeptPrompt } from '../outbox/kept-prompt.ts'
import type { OutboxStore } from '../outbox/outbox-store.ts'

/** One promise of an `OutboxStore`. */
export interface OutboxStoreCase {
  name: string
  /**
   * Rejects if the promise is broken. `open` opens the store of the case: the same prompts at each call, as in
   * several tabs, and none at the first.
   */
  run(open: () => OutboxStore): Promise<void>
}

const prompt = (messageId: string, text = messageId, sessionId = 's'): KeptPrompt => ({
  input: { sessionId, messageId, text },
  state: 'queued',
  revision: 1,
})
const put = (store: OutboxStore, kept: KeptPrompt) => store.change(kept.input.messageId, () => kept)
const idsOf = async (store: OutboxStore) => {
  const prompts = await store.list()
  return prompts.map(({ input }) => input.messageId).join(' ')
}
const failed: Decision = (kept) => kept && { ...kept, state: 'failed' }

/**
 * What a client expects of an `OutboxStore`, for any test runner. Cases of members that the store does not have
 * pass.
 */
export const outboxStoreCases: readonly OutboxStoreCase[] = [
  {
    name: 'what was kept is listed as it was given',
    async run(open) {
      const store = open()
      expectEqual(await store.list(), [])
      const kept: KeptPrompt = {
        ...prompt('a'),
        state: 'failed',
        error: { code: 'TOO_LARGE', message: 'too large', data: { limit: 5 } },
      }
      await put(store, kept)
      expectEqual(await store.list(), [kept])
    },
  },
  {
    name: 'prompts are in the order in which they were first kept, whatever their ids and changes',
    async run(open) {
      const store = open()
      for (const id of ['c', 'a', 'b']) await put(store, prompt(id))
      await store.change('c', failed)
      await put(store, prompt('a', 'other text'))
      expectEqual(await idsOf(store), 'c a b')
      await store.change('c', () => undefined)
      await put(store, prompt('c'))
      expectEqual(await idsOf(store), 'a b c')
    },
  },
  {
    name: 'prompts that are kept in one turn are in the order of the calls',
    async run(open) {
      const store = open()
      const ids = Array.from({ length: 20 }, (_, n) => `${(n * 7) % 20}`)
      await Promise.all(ids.map((id) => put(store, prompt(id))))
      expectEqual(await idsOf(store), ids.join(' '))
    },
  },
  {
    name: 'a decision gets what is kept, is called once, and leaves alone what it returns as it was',
    async run(open) {
      const store = open()
      await put(store, prompt('a'))
      const seen: (KeptPrompt | undefined)[] = []
      const look: Decision = (kept) => (seen.push(kept), kept)
      await store.change('a', look)
      await store.change('none', look)
      expectEqual(seen, [prompt('a'), undefined])
      expectEqual(await store.list(), [prompt('a')])
    },
  },
  {
    name: 'of two clients that decide at once, the second gets what the first has decided',
    async run(open) {
      const [one, other] = [open(), open()]
      await put(one, prompt('a'))
      const count: Decision = (kept) => kept && { ...kept, revision: kept.revision + 1 }
      const clients = Array.from({ length: 30 }, (_, n) => (n % 2 ? one : other))
      await Promise.all(clients.map((store) => store.change('a', count)))
      expectEqual((await one.list())[0]?.revision, 31)
      const claim: Decision = (kept) =>
        kept?.state === 'queued' ? { ...kept, state: 'sending' } : kept
      let removed = false
      const remove: Decision = (kept) => {
        removed = kept?.state === 'queued'
        return removed ? undefined : kept
      }
      await Promise.all([one.change('a', claim), other.change('a', remove)])
      expectEqual(removed, (await one.list()).length === 0)
    },
  },
  {
    name: 'what one client keeps, all have, also after it was closed',
    async run(open) {
      const one = open()
      await put(one, prompt('a'))
      expectEqual(await idsOf(open()), 'a')
      one.close?.()
      expectEqual(await idsOf(open()), 'a')
      expectEqual(await idsOf(one), 'a')
    },
  },
  {
    name: 'a failing decision changes nothing',
    async run(open) {
      const store = open()
      await put(store, prompt('a'))
      const error = new Error('no')
      const changed = store.change('a', () => {
        throw error
      })
      expectEqual(await changed.then(String, String), String(error))
      expectEqual(await store.list(), [prompt('a')])
    },
  },
  {
    name: 'other clients hear of announcements, the one that makes them does not',
    async run(open) {
      const [one, other] = [open(), open()]
      if (!one.watch || !one.announce) return
      const heard: (SendResult | undefined)[] = []
      const own: unknown[] = []
      const unwatchOwn = one.watch((sent) => own.push(sent))
      await new Promise<void>((resolve) => {
        const unwatch = other.watch?.((sent) => {
          heard.push(sent)
          if (heard.length < 2) return
          unwatch?.()
          resolve()
        })
        one.announce?.({ messageId: 'a', runId: 'r', queued: false })
        one.announce?.()
      })
      expectEqual(heard, [{ messageId: 'a', runId: 'r', queued: false }, undefined])
      expectEqual(own, [])
      unwatchOwn()
    },
  },
  {
    name: 'of the tasks of a session one runs at a time, those of other sessions do not wait',
    async run(open) {
      const [one, other] = [open(), open()]
      if (!one.lock || !other.lock) return
      const never = new AbortController().signal
      const order: string[] = []
      let finish = () => {}
      const held = new Promise<void>((resolve) => (finish = resolve))
      const first = one.lock('s', never, async () => {
        order.push('first begins')
        await held
        order.push('first ends')
      })
      const second = other.lock('s', never, async () => void order.push('second'))
      await other.lock('another', never, async () => void order.push('another'))
      finish()
      await Promise.all([first, second])
      expectEqual(
        order.filter((step) => step !== 'another'),
        ['first begins', 'first ends', 'second'],
      )
      expectEqual(order.indexOf('another') < order.indexOf('first ends'), true)
      expectEqual(await one.lock('s', never, async () => 'its value'), 'its value')
    },
  },
  {
    name: 'a task that waits for its turn is given up when its signal aborts',
    async run(open) {
      const store = open()
      if (!store.lock) return
      const abort = new AbortController()
      let finish = () => {}
      const held = new Promise<void>((resolve) => (finish = resolve))
      const first = store.lock('s', new AbortController().signal, () => held)
      let ran = false
      const second = store.lock('s', abort.signal, async () => void (ran = true))
      abort.abort()
      expectEqual(
        await second.then(
          () => 'ran',
          () => 'rejected',
        ),
        'rejected',
      )
      finish()
      await first
      expectEqual(ran, false)
    },
  },
]

/** Of plain data. */
function expectEqual(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== b) throw new Error(`expected ${b}, got ${a}`)
}
