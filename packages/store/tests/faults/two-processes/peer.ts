// One of several processes on a database; runs the commands on its standard input, line by line.
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

import { CaughtupError } from '@caughtup/schema'

import { sqlite } from '../../../src/engines/sqlite/index.ts'
import { StorageError } from '../../../src/port/storage-error.ts'
import { createStore } from '../../../src/store.ts'
import { signalAtStep } from '../signal-at-step.ts'
import type { MessageWriter } from '../../../src/compose/message-writer.ts'

/**
 * - `append`: commits a message of this id
 * - `start`: starts a run with an open message of the same id
 * - `stream`: adds to that message and waits until it is on disk
 * - `finish`: ends the message and its run
 * - `stop-in-next-transaction`: pauses in the next transaction that writes
 * - `follow`: reports each batch from now on
 */
export type PeerCommand =
  | { do: 'append' | 'start'; session: string; id: string }
  | { do: 'stream'; text: string }
  | { do: 'finish' | 'heartbeat' | 'stop-in-next-transaction' | 'close' }
  | { do: 'follow'; session: string }

/** The answers to the commands, in order, and the batches of the follower at any time. */
export type PeerSays =
  | { said: 'done'; at: number; seq?: number }
  | { said: 'refused'; code: string; reason?: string }
  | { said: 'saw'; at: number; entries: { from: number; seq: number }[] }

const [path = ''] = process.argv.slice(2)
const store = await createStore({ storage: sqlite({ path }), flush: { windowMs: 0 } })
const leaving = new AbortController()
let writer: MessageWriter | undefined
let run = ''

/** ms on a clock that all processes of a machine share. */
const now = () => performance.timeOrigin + performance.now()

function say(line: PeerSays): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

async function follow(session: string): Promise<void> {
  for await (const { events } of store.follow(session, 0, { signal: leaving.signal })) {
    say({ said: 'saw', at: now(), entries: events.map(({ from, seq }) => ({ from, seq })) })
  }
}

async function append(session: string, id: string, status: 'open' | 'done'): Promise<number> {
  const metadata = { createdAt: 1 }
  const message = { id, role: 'assistant', parts: [], metadata, status } as const
  const result = await store.append({
    sessionId: session,
    drafts: [
      ...(status === 'open'
        ? [
            {
              type: 'run-started',
              run: { id, kind: 'agent', status: 'streaming', startedAt: 1 },
            } as const,
          ]
        : []),
      { type: 'message-created', message: { ...message, parts: [] } },
    ],
  })
  if (result.refused !== undefined) throw new CaughtupError('CONFLICT', result.refused)
  return result.cursor.seq
}

async function obey(command: PeerCommand): Promise<number | undefined> {
  switch (command.do) {
    case 'append':
      return append(command.session, command.id, 'done')
    case 'start': {
      run = command.id
      writer = store.writer({ sessionId: command.session, runId: run, messageId: run })
      return append(command.session, command.id, 'open')
    }
    case 'stream':
      await writer?.write({ type: 'text-delta', text: command.text })
      return undefined
    case 'finish':
      await writer?.finish({ reason: 'stop' }, [{ type: 'run-ended', runId: run, reason: 'stop' }])
      return undefined
    case 'heartbeat':
      await store.heartbeat()
      return undefined
    case 'stop-in-next-transaction':
      signalAtStep('SIGSTOP', 1, 'after')
      return undefined
    case 'follow':
      void follow(command.session)
      return undefined
    case 'close':
      leaving.abort()
      await store.close()
      return undefined
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command: PeerCommand = JSON.parse(line)
  try {
    const seq = await obey(command)
    say({ said: 'done', at: now(), ...(seq !== undefined && { seq }) })
  } catch (error) {
    if (error instanceof CaughtupError) {
      const { code, data } = error
      say({ said: 'refused', code, ...(data.reason !== undefined && { reason: data.reason }) })
    } else if (error instanceof StorageError) {
      say({ said: 'refused', code: error.failure })
    } else throw error
  }
  if (command.do === 'close') break
}
process.exit()
