import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { AgentPart } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import { type Agent, type AgentContext, createChatServer, type Summary } from '@caughtup/server'
import { diskAttachments } from '@caughtup/server/disk-attachments'
import { serve } from '@caughtup/server/node'
import { createStore, type ImportedRow } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

/** The server for the examples of PROTOCOL.md. Its clock and its agent move only on command. */
export interface ExampleServer {
  url: string
  clock: ManualClock
  /** Resolves when the server has processed the part and requests the next one. */
  yieldPart(part: AgentPart): Promise<void>
  endAgent(): Promise<void>
  /** The running agent takes the prompts that steer it. */
  steer(): Promise<void>
  summarise(summary: Summary): Promise<void>
  /** By the host's own code, to the newest session of `ada`. */
  import(rows: readonly ImportedRow[]): Promise<void>
  /** Shuts down as a deployment does, with an end frame on every stream. */
  shutDown(): Promise<void>
  close(): Promise<void>
}

export async function openExampleServer(): Promise<ExampleServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-protocol-'))
  const clock = new ManualClock(Date.UTC(2026, 10, 21, 12))
  const store = await createStore({
    storage: sqlite({ path: path.join(folder, 'chat.db') }),
    clock,
  })
  const parts = new Handover<AgentPart | undefined>()
  const summaries = new Handover<Summary>()
  let steer: AgentContext['steer'] = async () => []
  const agent: Agent = async function* ({ signal, steer: take }) {
    steer = take
    for (let part = await parts.take(signal); part; part = await parts.take(signal)) yield part
    parts.done()
  }
  const chat = createChatServer({
    store,
    agent,
    summarise: async ({ signal }) => {
      const summary = await summaries.take(signal)
      summaries.done()
      return summary ?? ''
    },
    principal: ({ headers }) => {
      const [, id] = /^Bearer (\w+)$/.exec(headers.get('authorization') ?? '') ?? []
      return id === undefined ? undefined : { id }
    },
    contextLimit: 200_000,
    attachments: {
      storage: diskAttachments({ folder: path.join(folder, 'files') }),
      mediaTypes: ['text/plain', 'image/png'],
    },
  })
  const serving = await serve(chat)
  const sessionId = async () => {
    const { sessions } = await store.sessions.list('ada')
    return sessions[0]?.id ?? ''
  }
  return {
    url: serving.url,
    clock,
    yieldPart: (part) => parts.give(part),
    endAgent: () => parts.give(undefined),
    steer: async () => void (await steer()),
    summarise: (summary) => summaries.give(summary),
    import: async (rows) => void (await store.reconcile(await sessionId(), rows)),
    shutDown: () => chat.close(),
    async close() {
      const closed = serving.close()
      // A run that an example left open lasts until the drain time has passed.
      await clock.advance(10_000)
      await closed
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Hands values to a consumer. `give` waits until the consumer takes the next value or is done. */
class Handover<T> {
  #next = Promise.withResolvers<{ value: T; taken: () => void }>()
  #done = () => {}

  give(value: T): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#next.resolve({ value, taken: resolve })
    return promise
  }

  /** The next value; `undefined` if the signal is aborted before. */
  async take(signal: AbortSignal): Promise<T | undefined> {
    this.done()
    const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
    const next = await Promise.race([this.#next.promise, aborted])
    if (!next) return undefined
    this.#next = Promise.withResolvers()
    this.#done = next.taken
    return next.value
  }

  done(): void {
    this.#done()
  }
}
