import type { SendResult } from '@caughtup/schema'

import type { KeptPrompt } from '../../src/outbox/kept-prompt.ts'
import { memoryStore } from '../../src/outbox/memory-store.ts'
import type { OutboxStore } from '../../src/outbox/outbox-store.ts'

/** A store of several clients, as IndexedDB is one of several tabs; it outlives them. */
export class SharedOutbox {
  readonly #store = memoryStore()
  readonly #listeners = new Map<object, (sent?: SendResult) => void>()
  readonly #locks = new Map<string, { holder: object | undefined; waiting: Set<() => void> }>()
  readonly #hasLocks: boolean
  /** The ids in the order in which they were first kept. */
  readonly places: string[] = []
  /** The newest text that was kept of each. */
  readonly texts = new Map<string, string>()

  constructor(hasLocks: boolean) {
    this.#hasLocks = hasLocks
  }

  list(): Promise<readonly KeptPrompt[]> {
    return this.#store.list()
  }

  /** The store of one client. Once that is `dead`, nothing of it happens and nothing is answered. */
  of(client: { dead: boolean }): OutboxStore {
    const alive = async () => {
      await Promise.resolve()
      if (client.dead) await new Promise(() => {})
    }
    return {
      list: async () => {
        await alive()
        const kept = await this.#store.list()
        await alive()
        return structuredClone(kept)
      },
      change: async (messageId, decide) => {
        await alive()
        await this.#store.change(messageId, (before) => {
          const after = decide(before && structuredClone(before))
          if (after && !this.places.includes(messageId)) this.places.push(messageId)
          if (after && 'text' in after.input) this.texts.set(messageId, after.input.text)
          return after
        })
        await alive()
      },
      announce: (sent) => {
        if (client.dead) return
        for (const [other, listener] of this.#listeners) {
          if (other !== client) queueMicrotask(() => listener(sent))
        }
      },
      watch: (listener) => {
        this.#listeners.set(client, listener)
        return () => this.#listeners.delete(client)
      },
      ...(this.#hasLocks && {
        lock: async <T>(sessionId: string, signal: AbortSignal, task: () => Promise<T>) => {
          const lock = this.#locks.get(sessionId) ?? { holder: undefined, waiting: new Set() }
          this.#locks.set(sessionId, lock)
          while (lock.holder) {
            await new Promise<void>((resolve, reject) => {
              lock.waiting.add(resolve)
              signal.addEventListener('abort', () => reject(signal.reason))
            })
          }
          lock.holder = client
          try {
            return await task()
          } finally {
            if (lock.holder === client) this.#release(lock)
          }
        },
      }),
    }
  }

  /** As a browser does when a tab is gone. */
  releaseLocksOf(client: { dead: boolean }): void {
    this.#listeners.delete(client)
    for (const lock of this.#locks.values()) if (lock.holder === client) this.#release(lock)
  }

  #release(lock: { holder: object | undefined; waiting: Set<() => void> }): void {
    lock.holder = undefined
    const waiting = [...lock.waiting]
    lock.waiting.clear()
    for (const go of waiting) go()
  }
}
