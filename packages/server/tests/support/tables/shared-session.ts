import type { EventDraft } from '@caughtup/schema'
import type { Store } from '@caughtup/store'

export interface SharedState {
  /** @default a new one */
  id?: string
  /** Whether the last turn is undone. */
  isUndone?: boolean
  /** Whether a run waits for approval of a tool call, and a prompt of the author behind it. */
  isWaiting?: boolean
}

/** A session with a prompt of its author, an answer, a prompt of its owner, and one of its author. */
export async function openSharedSession(
  store: Store,
  { id, isUndone, isWaiting }: SharedState = {},
): Promise<string> {
  const { id: sessionId } = await store.sessions.create({
    ...(id !== undefined && { sessionId: id }),
    owner: 'owner',
    members: ['author', 'member', 'other'],
  })
  const message = (id: string, role: 'user' | 'assistant', author?: string): EventDraft => ({
    type: 'message-created',
    message: {
      id,
      role,
      status: 'done',
      parts: [{ type: 'text', text: id }],
      metadata: { createdAt: 1, ...(author !== undefined && { author }) },
    },
  })
  await store.append({
    sessionId,
    drafts: [
      message('prompt', 'user', 'author'),
      message('answer', 'assistant'),
      message('other-prompt', 'user', 'owner'),
      message('last-prompt', 'user', 'author'),
    ],
  })
  if (isUndone) await store.history.undo(sessionId)
  if (isWaiting) await store.append({ sessionId, drafts: waiting })
  return sessionId
}

const waiting: EventDraft[] = [
  {
    type: 'run-started',
    run: { id: 'waiting', kind: 'agent', status: 'waiting', startedAt: 1 },
  },
  {
    type: 'message-created',
    message: {
      id: 'asking',
      role: 'assistant',
      status: 'open',
      parts: [
        {
          type: 'dynamic-tool',
          toolCallId: 'call',
          toolName: 'remove',
          state: 'approval-requested',
          input: {},
          approval: { id: 'approval' },
        },
      ],
      metadata: { createdAt: 1, runId: 'waiting' },
    },
  },
  {
    type: 'queue-changed',
    add: {
      kind: 'agent',
      runId: 'queued',
      messageId: 'queued-prompt',
      parts: [{ type: 'text', text: 'Next' }],
      queuedAt: 1,
      author: 'author',
    },
  },
]

/** All that a call could have changed. */
export async function stateOf(store: Store, sessionId: string) {
  return [
    await store.sessions.get(sessionId, 'owner'),
    await store.sessions.members(sessionId),
    await store.head(sessionId),
  ]
}
