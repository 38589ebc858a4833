import assert from 'node:assert/strict'

import type { Event, EventOf, Message, Op, Part, ToolPart } from '@caughtup/schema'
import { isAwaited } from '@caughtup/schema/fold'

import { replyIn } from '../agents/answers.ts'
import type { Ledger } from '../world/ledger.ts'

/** Each call is answered once, and a run goes on when all of its calls are answered. */
export function verifyCalls(sessionId: string, events: readonly Event[]): void {
  const open = new Map<string, OpenAnswer>()
  for (const event of events) {
    if (event.type === 'message-created' || event.type === 'message-replaced') {
      open.set(event.message.id, openAnswer(event.message))
    } else if (event.type === 'message-delta') {
      const parts = open.get(event.messageId)?.parts
      for (const op of event.ops) if (parts) put(parts, op, `${sessionId}, seq ${event.seq}`)
    } else if (event.type === 'message-finished') open.delete(event.messageId)
    else if (event.type === 'run-changed') {
      const answer = [...open.values()].find(({ runId }) => runId === event.runId)
      // It was erased since.
      if (answer) assertFits(event, answer)
    }
  }
}

function assertFits({ runId, seq, status }: EventOf<'run-changed'>, { parts }: OpenAnswer): void {
  const awaited = [...parts.values()].filter(isAwaited)
  if (status === 'waiting') assert(awaited.length > 0, `${runId} waits for nothing at ${seq}.`)
  else assert.equal(awaited.length, 0, `${runId} goes on at ${seq} with an open call.`)
}

/** A message that is not finished, with its tool calls. */
interface OpenAnswer {
  readonly runId: string | undefined
  readonly parts: Map<number, Part>
}

function openAnswer({ metadata, parts, status }: Message): OpenAnswer {
  const runId = status === 'open' ? metadata.runId : undefined
  return { runId, parts: new Map(parts.entries()) }
}

function put(parts: Map<number, Part>, op: Op, where: string): void {
  if (op.op !== 'put') return
  const before = parts.get(op.part)
  if (before?.type === 'dynamic-tool' && op.value.type === 'dynamic-tool') {
    assertSameReply(before, op.value, where)
  }
  parts.set(op.part, op.value)
}

/** A call that was answered keeps its answer, whatever its tool does then. */
function assertSameReply(before: ToolPart, after: ToolPart, where: string): void {
  const reply = replyIn(before)
  if (reply === undefined) return
  // An approved call is executed; its result takes the place of the reason.
  if (before.state === 'approval-responded' && after.state !== 'approval-responded') return
  assert.equal(replyIn(after), reply, `${where}: ${before.toolCallId} is answered again.`)
}

/** Every acknowledged answer is in its message, unless its tool has put a result there. */
export function verifyAnswers({ answers }: Ledger, messages: readonly Message[]): void {
  for (const { id, parts } of messages) {
    for (const part of parts) {
      if (part.type !== 'dynamic-tool') continue
      const acknowledged = answers.get(`${id} ${part.toolCallId}`)
      if (acknowledged === undefined) continue
      assert(!isAwaited(part), `${part.toolCallId} was answered, and waits.`)
      const reply = replyIn(part) ?? acknowledged
      assert.equal(reply, acknowledged, `${part.toolCallId} has another answer.`)
    }
  }
}
