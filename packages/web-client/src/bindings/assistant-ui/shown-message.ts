import type { Message, Part, PromptPart } from '@caughtup/schema'
import { isAwaited } from '@caughtup/schema/fold'

import type { PendingPrompt } from '../../outbox/pending-prompts.ts'
import { messageText } from '../../text/message-text.ts'

// The shapes that assistant-ui takes, as far as they are used here. Its package is not imported: it is large, and
// nothing of it is needed to make them. `outside/assistant-ui` compiles and runs them with the real one.

/** A part as assistant-ui's `ThreadMessageLike` has it. */
type ShownPart =
  | { type: 'text' | 'reasoning'; text: string }
  | { type: 'file'; data: string; mimeType: string; filename?: string; sourceType?: 'url' }
  | { type: 'source'; sourceType: 'url'; id: string; url: string; title?: string }
  | { type: 'source'; sourceType: 'document'; id: string; title: string; mediaType: string }
  | { type: `data-${string}`; id?: string; data: unknown }
  | ShownCall

interface ShownCall {
  type: 'tool-call'
  toolCallId: string
  toolName: string
  argsText: string
  result?: unknown
  isError?: boolean
  approval?: { id: string; prompt?: string; approved?: boolean; reason?: string }
}

type ShownStatus =
  | { type: 'running' }
  | { type: 'requires-action'; reason: 'tool-calls' }
  | { type: 'complete'; reason: 'stop' }
  | {
      type: 'incomplete'
      reason: 'cancelled' | 'tool-calls' | 'length' | 'content-filter' | 'other' | 'error'
      error?: string
    }

/** A message as assistant-ui's `ThreadMessageLike`. */
export interface ShownMessage {
  id: string
  role: Message['role']
  content: string | readonly ShownPart[]
  createdAt?: Date
  status?: ShownStatus
  metadata: {
    runId?: string
    isOptimistic?: boolean
    /** The message's `metadata.custom`; of a prompt that is not yet seen in the session, `pending`. */
    custom: Record<string, unknown>
  }
}

/** A message of a session, or a prompt of its `pending`. */
export function shownMessage(message: Message | PendingPrompt): ShownMessage {
  if (!('id' in message)) {
    const { messageId, parts, custom } = message
    const content = parts.flatMap(shownPart)
    const metadata = { isOptimistic: true, custom: { ...custom, pending: message } }
    return { id: messageId, role: 'user', content, metadata }
  }
  const { id, role, parts, metadata } = message
  const { createdAt, custom = {}, runId } = metadata
  return {
    id,
    role,
    // Of a system message it takes one text and nothing else.
    content: role === 'system' ? messageText(message) : parts.flatMap(shownPart),
    createdAt: new Date(createdAt),
    ...(role === 'assistant' && { status: statusOf(message) }),
    metadata: { ...(runId !== undefined && { runId }), custom },
  }
}

function statusOf({ parts, status, metadata }: Message): ShownStatus {
  if (status === 'open') {
    return parts.some(isAwaited)
      ? { type: 'requires-action', reason: 'tool-calls' }
      : { type: 'running' }
  }
  const { error, finishReason = 'stop' } = metadata
  switch (finishReason) {
    case 'stop':
      return { type: 'complete', reason: 'stop' }
    case 'interrupted':
      return { type: 'incomplete', reason: 'cancelled' }
    case 'error':
    case 'lost':
      return { type: 'incomplete', reason: 'error', ...(error && { error: error.message }) }
    case 'length':
    case 'tool-calls':
    case 'content-filter':
    case 'other':
      return { type: 'incomplete', reason: finishReason }
  }
}

function shownPart(part: Part | PromptPart): ShownPart[] {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return [{ type: part.type, text: part.text }]
    case 'file':
    case 'reasoning-file': {
      const filename = 'filename' in part ? { filename: part.filename } : {}
      return [
        { type: 'file', data: part.url, mimeType: part.mediaType, sourceType: 'url', ...filename },
      ]
    }
    case 'source-url': {
      const { sourceId, url, title } = part
      return [
        {
          type: 'source',
          sourceType: 'url',
          id: sourceId,
          url,
          ...(title !== undefined && { title }),
        },
      ]
    }
    case 'source-document': {
      const { sourceId, title, mediaType } = part
      return [{ type: 'source', sourceType: 'document', id: sourceId, title, mediaType }]
    }
    case 'dynamic-tool':
      return [shownCall(part)]
    case 'custom':
    case 'step-start':
      return []
    default:
      return [part]
  }
}

function shownCall(part: Extract<Part, { type: 'dynamic-tool' }>): ShownCall {
  const { toolCallId, toolName } = part
  const argsText =
    part.state === 'input-streaming' ? part.rawInput : JSON.stringify(part.input ?? {})
  const call: ShownCall = { type: 'tool-call', toolCallId, toolName, argsText }
  if ('approval' in part && part.approval) {
    const { id, requestReason } = part.approval
    call.approval = { id, ...(requestReason !== undefined && { prompt: requestReason }) }
    if ('approved' in part.approval) call.approval.approved = part.approval.approved
    if ('reason' in part.approval && part.approval.reason !== undefined)
      call.approval.reason = part.approval.reason
  }
  if (part.state === 'output-available') return { ...call, result: part.output }
  if (part.state === 'output-error') return { ...call, result: part.errorText, isError: true }
  if (part.state === 'output-denied')
    return { ...call, result: part.approval.reason ?? '', isError: true }
  return call
}
