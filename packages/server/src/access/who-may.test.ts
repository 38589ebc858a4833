import type { EventDraft } from '@caughtup/schema'
import { postgresSchema } from '@caughtup/local-services/postgres'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { postgres } from '@caughtup/store/postgres'
import { expect, onTestFinished, test } from 'vitest'

import { filesOf, testAttachments } from '../../tests/support/attachments.ts'
import { calls } from '../../tests/support/calls.ts'
import { apiClient } from '../../tests/openapi/api-client.ts'
import { type Client, fetchClient, openTestServer } from '../../tests/support/open-test-server.ts'
import { openApi } from '../adapters/openapi/open-api.ts'
import { whoMay } from './who-may.ts'

const no = 'NOT_FOUND'
const unknown = 'UNAUTHORIZED'

/** The requests for attachments; they reject with the code of the answer. */
type Files = ReturnType<typeof filesOf>

interface Row {
  procedure: keyof typeof whoMay
  /** What the row is about, if the procedure has several. */
  of?: string
  /** @default calls[procedure] */
  call?: (client: Client, sessionId: string, files: Files) => Promise<unknown>
  /** Whether the last turn is undone before. */
  isUndone?: boolean
  /** Whether a run waits for approval of a tool call, and a prompt of the author behind it. */
  isWaiting?: boolean
  /** Owner of the session, author of its message `prompt`, another member, a stranger, no credentials. */
  cells: readonly [string, string, string, string, string]
}

const rows: Row[] = [
  { procedure: 'onChat', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'sessions.list', cells: ['ok', 'ok', 'ok', 'ok', unknown] },
  { procedure: 'sessions.search', cells: ['ok', 'ok', 'ok', 'ok', unknown] },
  { procedure: 'sessions.prompts', cells: ['ok', 'ok', 'ok', 'ok', unknown] },
  { procedure: 'sessions.create', cells: ['ok', 'ok', 'ok', 'ok', unknown] },
  { procedure: 'sessions.get', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'sessions.update', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'sessions.fork', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'sessions.members', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'sessions.addMember', cells: ['ok', no, no, no, unknown] },
  {
    procedure: 'sessions.removeMember',
    of: 'another member',
    cells: ['ok', no, no, no, unknown],
  },
  {
    procedure: 'sessions.removeMember',
    of: 'the member itself',
    call: (client, sessionId) => client.sessions.removeMember({ sessionId, principal: 'member' }),
    cells: ['ok', no, 'ok', no, unknown],
  },
  {
    procedure: 'sessions.removeMember',
    of: 'the owner',
    call: (client, sessionId) => client.sessions.removeMember({ sessionId, principal: 'owner' }),
    cells: ['CONFLICT', no, no, no, unknown],
  },
  { procedure: 'sessions.signal', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'sessions.delete', cells: ['ok', no, no, no, unknown] },
  { procedure: 'messages.send', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'messages.retry', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'messages.resend', of: 'a prompt', cells: ['ok', 'ok', no, no, unknown] },
  {
    procedure: 'messages.resend',
    of: "another's prompt",
    call: (client, sessionId) =>
      client.messages.resend({ sessionId, messageId: 'other-prompt', text: 'Better' }),
    cells: ['ok', no, no, no, unknown],
  },
  { procedure: 'messages.prompts', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'messages.versions', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'messages.choose', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'messages.edit', of: 'a prompt', cells: ['ok', 'ok', no, no, unknown] },
  {
    procedure: 'messages.edit',
    of: "another's prompt",
    call: (client, sessionId) =>
      client.messages.edit({ sessionId, messageId: 'other-prompt', text: 'Hello' }),
    cells: ['ok', no, no, no, unknown],
  },
  {
    procedure: 'messages.edit',
    of: 'an answer',
    call: (client, sessionId) =>
      client.messages.edit({ sessionId, messageId: 'answer', text: 'Hello' }),
    cells: ['ok', no, no, no, unknown],
  },
  { procedure: 'messages.delete', of: 'a prompt', cells: ['ok', 'ok', no, no, unknown] },
  {
    procedure: 'messages.delete',
    of: "another's prompt",
    call: (client, sessionId) => client.messages.delete({ sessionId, messageId: 'other-prompt' }),
    cells: ['ok', no, no, no, unknown],
  },
  {
    procedure: 'messages.delete',
    of: 'an answer',
    call: (client, sessionId) => client.messages.delete({ sessionId, messageId: 'answer' }),
    cells: ['ok', no, no, no, unknown],
  },
  { procedure: 'runs.interrupt', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'runs.respond', isWaiting: true, cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'runs.updateQueued', isWaiting: true, cells: ['ok', 'ok', no, no, unknown] },
  { procedure: 'history.loadMore', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'history.around', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'history.search', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'history.compact', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'history.reset', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'history.undo', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'history.redo', isUndone: true, cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'history.truncate', cells: ['ok', no, no, no, unknown] },
  { procedure: 'history.erase', of: 'a prompt', cells: ['ok', 'ok', no, no, unknown] },
  {
    procedure: 'history.erase',
    of: "a prompt and another's",
    call: (client, sessionId) =>
      client.history.erase({ sessionId, messageIds: ['prompt', 'other-prompt'] }),
    cells: ['ok', no, no, no, unknown],
  },
  {
    procedure: 'history.erase',
    of: 'a prompt and its answer',
    call: (client, sessionId) =>
      client.history.erase({ sessionId, messageIds: ['prompt', 'answer'] }),
    cells: ['ok', no, no, no, unknown],
  },
  {
    procedure: 'history.erase',
    of: 'an undone prompt',
    isUndone: true,
    call: (client, sessionId) => client.history.erase({ sessionId, messageIds: ['last-prompt'] }),
    cells: ['ok', no, no, no, unknown],
  },
  { procedure: 'events.list', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'events.summary', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'events.get', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'events.delete', cells: ['ok', no, no, no, unknown] },
  { procedure: 'activity.list', cells: ['ok', 'ok', 'ok', 'ok', unknown] },
  { procedure: 'activity.subscribe', cells: ['ok', 'ok', 'ok', 'ok', unknown] },
  { procedure: 'activity.markRead', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'usage.get', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'usage.epochs', cells: ['ok', 'ok', 'ok', no, unknown] },
  { procedure: 'server.stats', cells: ['ok', 'ok', 'ok', 'ok', unknown] },
  {
    procedure: 'attachments.upload',
    call: (_, sessionId, { upload }) => upload(sessionId),
    cells: ['ok', 'ok', 'ok', no, unknown],
  },
  {
    procedure: 'attachments.read',
    call: async (_, sessionId, { upload, read }) => read((await upload(sessionId, 'owner')).url),
    cells: ['ok', 'ok', 'ok', no, unknown],
  },
]

const principals = ['owner', 'author', 'member', 'stranger', undefined] as const

/** A session with a prompt of its author, an answer, a prompt of its owner, and one of its author. */
async function openSession(
  store: Store,
  { isUndone, isWaiting }: Pick<Row, 'isUndone' | 'isWaiting'>,
): Promise<string> {
  const { id: sessionId } = await store.sessions.create({
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

async function stateOf(store: Store, sessionId: string) {
  return [
    await store.sessions.get(sessionId, 'owner'),
    await store.sessions.members(sessionId),
    await store.head(sessionId),
  ]
}

function callOf(procedure: Row['procedure']) {
  if (procedure === 'attachments.upload' || procedure === 'attachments.read') {
    throw new Error(`The row of ${procedure} has no call.`)
  }
  return calls[procedure]
}

test('the table has every procedure', () => {
  expect([...new Set(rows.map(({ procedure }) => procedure))].toSorted()).toEqual(
    Object.keys(whoMay).toSorted(),
  )
})

/** Databases of their own, by the name of their engine. */
const storages = {
  memory: async () => memory(),
  async PostgreSQL() {
    const { pool, schema, remove } = await postgresSchema()
    onTestFinished(remove)
    return postgres({ pool, schema })
  },
}

type Fetch = (request: Request) => Promise<Response>

/** The ways of a call, with the engine below. */
const settings = [
  { where: 'memory', open: storages.memory, clientOf: fetchClient },
  { where: 'PostgreSQL', open: storages.PostgreSQL, clientOf: fetchClient },
  {
    where: 'memory, through `openApi()`,',
    open: storages.memory,
    clientOf: (fetch: Fetch, principal?: string) => apiClient({ fetch, principal }),
  },
]

const cases = settings.flatMap(({ where, ...setting }) =>
  rows.map(
    (row) => [[row.procedure, row.of].filter(Boolean).join(' of '), where, row, setting] as const,
  ),
)

test.each(cases)(
  '%s on %s is answered as the table says, whoever calls',
  async (_, __, { procedure, call = callOf(procedure), cells, ...state }, { open, clientOf }) => {
    const store = await createStore({ storage: await open() })
    onTestFinished(() => store.close())
    const { chat, errors } = await openTestServer({
      store,
      summarise: () => Promise.resolve('all of it'),
      stats: () => true,
      attachments: testAttachments(),
      mounts: [openApi()],
    })
    for (const [index, principal] of principals.entries()) {
      const sessionId = await openSession(store, state)
      const before = await stateOf(store, sessionId)
      const client = clientOf((request) => chat.fetch(request), principal)
      const files = filesOf((request) => chat.fetch(request), principal)
      const outcome = await call(client, sessionId, files).then(
        () => 'ok',
        (error: { code: string }) => error.code,
      )
      expect([principal, outcome]).toEqual([principal, cells[index]])
      // A refused call changes nothing.
      const after = outcome === 'ok' ? before : await stateOf(store, sessionId)
      expect(after).toEqual(before)
    }
    expect(errors).toEqual([])
  },
)
