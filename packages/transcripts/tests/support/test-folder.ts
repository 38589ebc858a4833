import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { Message } from '@caughtup/schema'
import { createStore, type Store } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { onTestFinished } from 'vitest'

/** A folder with a database that does not exist yet, gone after the test. */
export function testFolder() {
  const root = mkdtempSync(path.join(tmpdir(), 'caughtup-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return {
    root,
    db: path.join(root, 'chat.db'),
    file: (name: string, content = '') => {
      const file = path.join(root, name)
      if (content !== '') writeFileSync(file, content)
      return file
    },
  }
}

export async function withStore<T>(db: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await createStore({ storage: sqlite({ path: db }) })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** All messages of a session, oldest first. */
export async function messagesOf(db: string, sessionId: string): Promise<Message[]> {
  return withStore(db, async (store) => {
    const messages: Message[] = []
    for (let before: number | undefined = Number.MAX_SAFE_INTEGER; before !== undefined;) {
      const page = await store.page(sessionId, { before, limit: 200 })
      messages.unshift(...page.messages)
      before = page.nextCursor?.before
    }
    return messages
  })
}
