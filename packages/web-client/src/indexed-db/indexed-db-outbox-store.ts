import type { SendResult } from '@caughtup/schema'
import type { DBSchema } from 'idb'

import type { KeptPrompt } from '../outbox/kept-prompt.ts'
import type { OutboxStore } from '../outbox/outbox-store.ts'
import { Database } from './open-database.ts'

/** Whose data a database has. */
export interface UserDatabase {
  /**
   * The id of the user who is signed in: the same at each sign-in and another one for each other user of
   * this origin. Each user has a database of their own.
   */
  user: string
  /** What the names of the databases begin with, if an origin has several applications. @default caughtup */
  name?: string
}

interface Schema extends DBSchema {
  prompts: { key: number; value: KeptPrompt; indexes: { messageId: string } }
}

/** The store of `indexedDbOutbox`, which tests and tools may read. For one client at a time. */
export function indexedDbOutboxStore({ user, name = 'caughtup' }: UserDatabase): OutboxStore {
  const fullName = `${name}-outbox:${user}`
  // The keys are given by the database and only grow: they are the places of the prompts.
  const database = new Database<Schema>(fullName, (opened) => {
    const prompts = opened.createObjectStore('prompts', { autoIncrement: true })
    prompts.createIndex('messageId', 'input.messageId', { unique: true })
  })
  let channel: BroadcastChannel | undefined
  const openChannel = () => (channel ??= new BroadcastChannel(fullName))
  const { locks } = typeof navigator === 'undefined' ? {} : (navigator as Partial<Navigator>)
  return {
    async list() {
      const opened = await database.open()
      return opened.getAll('prompts')
    },
    async change(messageId, decide) {
      const opened = await database.open()
      const transaction = opened.transaction('prompts', 'readwrite', { durability: 'strict' })
      const prompts = transaction.store
      const key = await prompts.index('messageId').getKey(messageId)
      const before = key === undefined ? undefined : await prompts.get(key)
      const after = decide(before)
      const isWritten =
        after === before ||
        (after ? prompts.put(after, key) : key !== undefined && prompts.delete(key))
      // A full disk is told by the end of the transaction, after the request has succeeded.
      await Promise.all([isWritten, transaction.done])
    },
    announce: (sent) => openChannel().postMessage(sent),
    watch(listener) {
      // A server that renders a page has no store, and must not be kept alive by a channel.
      if (typeof indexedDB === 'undefined') return () => {}
      const hear = ({ data }: MessageEvent<SendResult | undefined>) => listener(data)
      openChannel().addEventListener('message', hear)
      return () => channel?.removeEventListener('message', hear)
    },
    ...(locks && {
      lock: (sessionId: string, signal: AbortSignal, task: () => Promise<never>) =>
        locks.request(`${fullName}:${sessionId}`, { signal }, task),
    }),
    close() {
      database.close()
      channel?.close()
      channel = undefined
    },
  }
}
