import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { EventDraft, Message } from '@caughtup/schema'
import { systemClock } from '@caughtup/schema/clock'
import { ManualClock } from '@caughtup/schema/testing'
import { onTestFinished } from 'vitest'

import type { StoreUpdate } from '../../src/follow/store-update.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { Slice } from '../../src/port/commit.ts'
import type { Storage, StorageFactory } from '../../src/port/storage.ts'
import type { StoreOptions } from '../../src/options/store-options.ts'
import { createStore, type Store } from '../../src/store.ts'

/** A path for a database that is removed after the test. */
export function testDatabase(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return path.join(folder, 'test.db')
}

/** A store on a real file, with a manual clock. */
export async function openTestStore(
  options: Partial<StoreOptions> & { path?: string } = {},
): Promise<{ store: Store; clock: ManualClock; path: string }> {
  const { path: file = testDatabase(), ...rest } = options
  const clock = new ManualClock()
  const store = await createStore({ storage: sqlite({ path: file }), clock, ...rest })
  onTestFinished(() => store.close())
  return { store, clock, path: file }
}

/** A SQLite file whose commits go through `commit`, so that a test can delay or fail them. */
export function intercepted(
  file: string,
  commit: (next: Storage['commit'], slices: readonly Slice[]) => ReturnType<Storage['commit']>,
): StorageFactory {
  return {
    async open(options) {
      const storage = await sqlite({ path: file }).open(options)
      return new Proxy(storage, {
        get(target, property) {
          if (property === 'commit') {
            return (slices: readonly Slice[]) => commit((next) => target.commit(next), slices)
          }
          const member: unknown = Reflect.get(target, property)
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
    },
  }
}

export interface TestRun {
  sessionId: string
  runId: string
  messageId: string
}

/** An irrelevant update, to fill a subscriber's queue with. */
export const filler = { type: 'session-deleted', sessionId: 'filler' } as const

/** The states of messages among a subscriber's updates. */
export async function* messagesOf(updates: AsyncIterable<StoreUpdate>): AsyncGenerator<Message> {
  for await (const update of updates) if (update.type === 'message') yield update.message
}

let runs = 0

/** The first drafts of a run: its start, a prompt, and the open answer. */
export function runDrafts(
  { runId, messageId }: Omit<TestRun, 'sessionId'>,
  prompt = 'Hi',
): EventDraft[] {
  const metadata = { createdAt: 1, runId }
  return [
    {
      type: 'run-started',
      runId,
      run: { id: runId, kind: 'agent', status: 'streaming', startedAt: 1 },
    },
    {
      type: 'message-created',
      runId,
      message: {
        id: `${messageId}-prompt`,
        role: 'user',
        parts: [{ type: 'text', text: prompt }],
        metadata,
        status: 'done',
      },
    },
    {
      type: 'message-created',
      runId,
      message: { id: messageId, role: 'assistant', parts: [], metadata, status: 'open' },
    },
  ]
}

/** Starts a run in a session, by default a new one. */
export async function startRun(store: Store, sessionId?: string): Promise<TestRun> {
  const id = sessionId ?? (await store.sessions.create({ owner: 'me' })).id
  const run = { sessionId: id, runId: `run-${++runs}`, messageId: `answer-${runs}` }
  const result = await store.append({
    sessionId: id,
    guard: { is: 'idle' },
    drafts: runDrafts(run),
  })
  if (result.refused !== undefined) throw new Error(`The run was refused: ${result.refused}`)
  return run
}

export function ended(runId: string): EventDraft {
  return { type: 'run-ended', runId, reason: 'stop' }
}

/** The committed text of an answer, read without flushing. */
export async function textOnDisk(file: string, { sessionId, messageId }: TestRun): Promise<string> {
  const storage = await sqlite({ path: file }).open({ clock: systemClock, random: Math.random })
  try {
    const message = await storage.message(sessionId, messageId)
    return (message?.parts ?? []).map((part) => ('text' in part ? part.text : '')).join('')
  } finally {
    await storage.close()
  }
}
