import type { Cursor, EventDraft, MessageDraft, Run } from '@caughtup/schema'

import { storedDraft } from '../../src/input/stored-value.ts'
import type { Slice } from '../../src/port/commit.ts'
import type { Storage } from '../../src/port/storage.ts'
import {
  answer,
  chosen,
  compaction,
  created,
  deleted,
  delta,
  dequeued,
  enqueued,
  erased,
  imported,
  labelled,
  message,
  opened,
  queued as waiting,
  redo,
  replaced,
  reset,
  runChanged,
  runEnded,
  runStarted,
  truncated,
  undo,
} from '../../src/conformance/support/drafts.ts'
import { type DraftSpec, principals, type SliceSpec } from './call.ts'
import { guardOf } from './guards.ts'

const failure = { code: 'failed', message: 'It failed.' }

export const sessionIds = ['s1', 's2', 's3', 's4', 'nowhere'] as const

/** The names that a program has used so far, the same for every engine. */
export class Names {
  readonly cursors: Cursor[] = [{ journal: 'j', seq: 0, tag: '' }]
  readonly #messages = new Map<string, string[]>()
  #ids = 0
  #time = 1

  session(index: number): string {
    return sessionIds[index % sessionIds.length] ?? 'nowhere'
  }

  /** A time that mostly advances, and sometimes stops or steps back. */
  at(pick: number): number {
    this.#time += pick % 3
    return Math.max(0, this.#time - (pick === 7 ? 4 : 0))
  }

  cursor(pick: number): Cursor {
    return pickOf(this.cursors, pick) ?? { journal: '', seq: 0, tag: '' }
  }

  message(sessionId: string, pick: number): string {
    return pickOf(this.#messages.get(sessionId) ?? [], pick) ?? 'nothing'
  }

  messages(sessionId: string): string[] {
    return this.#messages.get(sessionId) ?? []
  }

  /** A commit's slice; its picks depend on the session's current state. */
  async slice({ session, guard, drafts }: SliceSpec, storage: Storage): Promise<Slice> {
    const sessionId = this.session(session)
    const state = await storage.state(sessionId).catch(() => undefined)
    const open = state?.open.map(({ id }) => id) ?? []
    const { run } = state?.head ?? {}
    const queued = state?.head.queue[0]?.runId
    return {
      sessionId,
      at: this.at(drafts[0]?.pick ?? 0),
      drafts: drafts.map((spec) =>
        storedDraft(this.#draft(spec, { sessionId, open, run, queued })),
      ),
      ...(guard && { guard: guardOf(guard, state) }),
    }
  }

  #draft(
    { draft, pick, text }: DraftSpec,
    { sessionId, open, run, queued = 'q0' }: Place,
  ): EventDraft {
    const { id: runId = 'r0', attempt = 1 } = run ?? {}
    const known = this.message(sessionId, pick)
    const target = pick === 11 ? known : (open[pick % Math.max(1, open.length)] ?? known)
    switch (draft) {
      case 'prompt': {
        const author = principals[pick % 6]
        const told = { role: 'user', createdAt: 1 + (pick % 3), ...(author && { author }) } as const
        return created(message(this.#id(sessionId, pick), text, told))
      }
      case 'answer':
        return answer(this.#id(sessionId, pick), text)
      case 'open':
        return opened(this.#id(sessionId, pick))
      case 'delta':
        return delta(target, text, pick === 10 ? 1 : 0)
      case 'end-part':
        return {
          type: 'message-delta',
          messageId: target,
          ops: [{ op: 'append', part: 0, text, done: true }],
        }
      case 'put':
        return {
          type: 'message-delta',
          messageId: target,
          ops: [{ op: 'put', part: pick % 3, value: { type: 'text', text } }],
        }
      case 'custom':
        return labelled(target, text)
      case 'tool':
        return {
          type: 'message-delta',
          messageId: target,
          ops: [
            {
              op: 'put',
              part: 1,
              value: {
                type: 'dynamic-tool',
                toolName: 'read',
                toolCallId: 't',
                state: 'input-streaming',
                rawInput: '',
              },
            },
            { op: 'append', part: 1, text },
          ],
        }
      case 'finish':
        return {
          type: 'message-finished',
          messageId: target,
          reason: 'stop',
          ...(pick < 4 && { contextUsage: { tokens: pick } }),
        }
      case 'fail':
        return { type: 'message-finished', messageId: target, reason: 'error', error: failure }
      case 'run':
        return runStarted(`r${++this.#ids}`, pick < 6 ? 'model' : undefined)
      case 'end':
        return pick < 3
          ? { type: 'run-ended', runId, reason: 'error', error: failure }
          : runEnded(runId)
      case 'wait':
        return runChanged(runId, 'waiting')
      case 'resume':
        return runChanged(runId, 'streaming')
      case 'continue': {
        const usage = pick < 4 ? { outputTokens: pick } : undefined
        return {
          ...runChanged(runId, pick % 2 === 0 ? 'streaming' : 'waiting'),
          attempt: attempt + (pick === 9 ? 2 : 1),
          ...(usage && { usage }),
          ...(pick > 8 && { author: 'ann' }),
        }
      }
      case 'ask':
        return putCall(target, { state: 'approval-requested', approval: { id: 'ok' } })
      case 'approve': {
        const approval = { id: 'ok', approved: pick % 2 === 0, reason: text }
        return putCall(target, { state: 'approval-responded', approval })
      }
      case 'queue':
        return enqueued(`q${++this.#ids}`)
      case 'queue-front':
        return { type: 'queue-changed', add: waiting(`q${++this.#ids}`), front: true }
      case 'queue-steer':
        return {
          type: 'queue-changed',
          add: { ...waiting(`q${++this.#ids}`), steer: true },
        }
      case 'requeue':
        return {
          type: 'queue-changed',
          replace: { ...waiting(queued), queuedAt: pick },
        }
      case 'dequeue':
        return dequeued(queued)
      case 'usage':
        return { type: 'usage', add: { inputTokens: pick }, models: { m: { outputTokens: 1 } } }
      case 'child':
        return { type: 'usage', add: { inputTokens: pick }, child: `child-${pick % 3}` }
      case 'reset':
        return reset()
      case 'compaction':
        return compaction(this.#id(sessionId, pick), text)
      case 'replace':
        return replaced(known, text)
      case 'delete':
        return deleted(known)
      case 'truncate':
        return truncated(known)
      case 'truncate-all':
        return truncated()
      case 'undo':
        return undo
      case 'redo':
        return redo
      case 'choose':
        return chosen(known)
      case 'retry':
        return { type: 'history-truncated', after: known, keep: 1 + (pick % 3) }
      case 'resend':
        return { type: 'history-truncated', before: known, keep: 1 + (pick % 3) }
      case 'erase':
        return erased(known)
      case 'erase-two':
        return erased(known, this.message(sessionId, pick + 1), known)
      case 'import': {
        const use = { recency: pick * 3, readBy: pick % 2 === 0 ? ['ann', 'eve'] : [] }
        return imported(
          this.#imported(sessionId, pick, text),
          { [`i${pick % 4}`]: pick },
          pick < 6 ? use : {},
        )
      }
    }
  }

  #imported(sessionId: string, pick: number, text: string): MessageDraft[] {
    return Array.from({ length: pick % 4 }, (_, index) =>
      message(this.#id(sessionId, pick), text, {
        role: index % 2 === 0 ? 'user' : 'assistant',
        createdAt: pick,
      }),
    )
  }

  /** Mostly a new one. */
  #id(sessionId: string, pick: number): string {
    if (pick === 12) return this.message(sessionId, this.#ids)
    const id = `m${++this.#ids}`
    this.#messages.set(sessionId, [...this.messages(sessionId), id])
    return id
  }
}

interface Place {
  sessionId: string
  open: readonly string[]
  run: Run | undefined
  queued: string | undefined
}

/** A call of a tool, with the members of its state. */
function putCall(
  messageId: string,
  state:
    | { state: 'approval-requested'; approval: { id: string } }
    | { state: 'approval-responded'; approval: { id: string; approved: boolean; reason: string } },
): EventDraft {
  const call = { type: 'dynamic-tool', toolName: 'ask', toolCallId: 't', input: {} } as const
  return {
    type: 'message-delta',
    messageId,
    ops: [{ op: 'put', part: 1, value: { ...call, ...state } }],
  }
}

function pickOf<T>(items: readonly T[], pick: number): T | undefined {
  return items[pick % Math.max(1, items.length)]
}
