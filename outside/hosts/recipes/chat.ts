import { setTimeout } from 'node:timers/promises'

import { type Agent, createChatServer, type Mount } from '@caughtup/server'
import { diskAttachments } from '@caughtup/server/disk-attachments'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

/** Counts until it is stopped. */
const agent: Agent = async function* ({ signal }) {
  for (let count = 1; ; count++) {
    yield { type: 'text-delta', text: `${count} ` }
    await setTimeout(100, undefined, { signal })
  }
}

export async function openChat(mounts: Mount[] = []) {
  const store = await createStore({
    storage: sqlite({ path: process.env['CHAT_DB'] ?? 'chat.db' }),
  })
  const chat = createChatServer({
    store,
    agent,
    principal: () => ({ id: 'me' }),
    mounts,
    attachments: {
      storage: diskAttachments({ folder: process.env['CHAT_FILES'] ?? 'chat-files' }),
      mediaTypes: ['text/plain', 'image/png'],
    },
  })
  const close = async () => {
    await chat.close()
    await store.close()
  }
  return { chat, close }
}
