import { createStore, type Store } from '@caughtup/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { filesOf, testAttachments } from '../../tests/support/attachments.ts'
import { calls } from '../../tests/support/calls.ts'
import { engines } from '../../tests/support/tables/engines.ts'
import { apiClient } from '../../tests/openapi/api-client.ts'
import { type Client, fetchClient, openTestServer } from '../../tests/support/open-test-server.ts'
import {
  openSharedSession,
  type SharedState,
  stateOf,
} from '../../tests/support/tables/shared-session.ts'
import { openApi } from '../adapters/openapi/open-api.ts'
import { whoMay } from './who-may.ts'

const no = 'NOT_FOUND'
const unknown = 'UNAUTHORIZED'

/** The requests for attachments; they reject with the code of the answer. */
type Files = ReturnType<typeof filesOf>

interface Row extends SharedState {
  procedure: keyof typeof whoMay
  /** What the row is about, if the procedure has several. */
  of?: string
  /** @default calls[procedure] */
  call?: (client: Client, sessionId: string, files: Files) => Promise<unknown>
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

type Fetch = (request: Request) => Promise<Response>

/** The ways of a call. */
const ways = {
  '': fetchClient,
  ', through `openApi()`,': (fetch: Fetch, principal?: string) => apiClient({ fetch, principal }),
}

const cases = Object.entries(ways).flatMap(([way, clientOf]) =>
  rows.map(
    (row) => [[row.procedure, row.of].filter(Boolean).join(' of '), way, row, clientOf] as const,
  ),
)

/** All rows are about one principal each, who calls more often than one does. */
const limits = {
  createsPerMinute: 1_000,
  sendsPerMinute: 1_000,
  interruptsPerMinute: 1_000,
  changesPerMinute: 1_000,
  uploadsPerMinute: 1_000,
}

describe.each(engines)('%s', (engine, openStorage) => {
  /** One for all rows, each of which makes sessions of its own. */
  let store: Store
  const closing: (() => unknown)[] = []

  beforeAll(async () => {
    const storage = await openStorage((close) => closing.unshift(close))
    store = await createStore({ storage, limits })
    closing.unshift(() => store.close())
  })
  afterAll(async () => {
    for (const close of closing) await close()
  })

  test.each(cases)(
    `%s on ${engine}%s is answered as the table says, whoever calls`,
    async (_, __, { procedure, call = callOf(procedure), cells, ...state }, clientOf) => {
      const { chat, errors } = await openTestServer({
        store,
        closes: true,
        limits,
        summarise: () => Promise.resolve('all of it'),
        stats: () => true,
        attachments: testAttachments(),
        mounts: [openApi()],
      })
      for (const [index, principal] of principals.entries()) {
        const sessionId = await openSharedSession(store, state)
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
})
