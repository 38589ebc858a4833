import type { EventDraft, MessageDraft } from '@caughtup/schema'

import type { Store } from '../../src/store.ts'

/** A finished message with its id as its text. */
export function sampleMessage(
  id: string,
  role: MessageDraft['role'],
  metadata: Partial<MessageDraft['metadata']> = {},
): MessageDraft {
  return {
    id,
    role,
    parts: [{ type: 'text', text: `text of ${id}` }],
    metadata: { createdAt: 1, ...metadata },
    status: 'done',
  }
}

/** Puts finished messages into a session: those whose id begins with `u` are prompts. */
export async function fill(store: Store, sessionId: string, ids: readonly string[]): Promise<void> {
  const drafts = ids.map((id): EventDraft => {
    const message = sampleMessage(id, id.startsWith('u') ? 'user' : 'assistant')
    return { type: 'message-created', message }
  })
  await append(store, sessionId, drafts)
}

/** Two turns, `u1 a1 u2 a2`, in a session of its own. */
export async function sampleSession(
  store: Store,
  ids: readonly string[] = ['u1', 'a1', 'u2', 'a2'],
): Promise<string> {
  const { id } = await store.sessions.create({ owner: 'me', title: 'Sample' })
  await fill(store, id, ids)
  return id
}

export async function append(
  store: Store,
  sessionId: string,
  drafts: readonly EventDraft[],
): Promise<void> {
  const { refused } = await store.append({ sessionId, drafts })
  if (refused !== undefined) throw new Error(`The drafts were refused: ${refused}`)
}

/** Ids of the newest epoch's messages, oldest first. */
export async function shownIds(store: Store, sessionId: string): Promise<string[]> {
  const { messages } = await store.window(sessionId)
  return messages.map(({ id }) => id)
}
