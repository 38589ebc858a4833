import type { Message } from '@caughtup/schema'
import type { Shown } from '@caughtup/schema/chunks'
import { isAwaited } from '@caughtup/schema/fold'
import type { DynamicToolUIPart } from 'ai'

import type { CallAnswer } from '../session/message-calls.ts'
import type { ChatMessage } from './chat-message.ts'

/** The answers to calls of `message` that wait, as they are in a chat's copy of it, by the index of the part. */
export function answersIn(copy: ChatMessage, message: Message): ReadonlyMap<number, CallAnswer> {
  const answers = new Map<number, CallAnswer>()
  for (const [index, part] of message.parts.entries()) {
    const theirs = copy.parts[index]
    const answer = isAwaited(part) && theirs?.type === 'dynamic-tool' && answerOf(theirs)
    if (answer) answers.set(index, answer)
  }
  return answers
}

function answerOf(call: DynamicToolUIPart): CallAnswer | undefined {
  switch (call.state) {
    case 'approval-responded': {
      const { approved, reason } = call.approval
      return { approved, ...(reason !== undefined && { reason }) }
    }
    case 'output-denied':
      return { approved: false }
    case 'output-available':
      return { output: call.output }
    case 'output-error':
      return { error: call.errorText }
    case 'input-streaming':
    case 'input-available':
    case 'approval-requested':
    default:
      return undefined
  }
}

/**
 * A chat's copy of `message`, as what a stream goes on from; `undefined` if it cannot, because a text in it
 * is not complete, and a new stream cannot add to it.
 */
export function shownIn({ id, parts, metadata }: ChatMessage, message: Message): Shown | undefined {
  const isOpen = parts.some((part) => 'text' in part && part.state === 'streaming')
  if (isOpen) return undefined
  const named = parts.map((part, index) => withOwnIds(part, message.parts[index]))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- chunks made them of such a message
  return { id, parts: named, metadata: metadata ?? {} } as Shown
}

/** A chat may know a call under another id, because the message has its own id twice. */
function withOwnIds(part: ChatMessage['parts'][number], own: Message['parts'][number] | undefined) {
  if (part.type !== 'dynamic-tool' || own?.type !== 'dynamic-tool') return part
  const { toolCallId } = own
  const approval = 'approval' in own ? own.approval : undefined
  return {
    ...part,
    toolCallId,
    ...(part.approval && approval && { approval: { ...part.approval, id: approval.id } }),
  }
}
