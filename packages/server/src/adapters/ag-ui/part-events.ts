import type { DataPart, Part, ReasoningPart, TextPart, ToolPart } from '@caughtup/schema'

import type { AgUiEvent } from './ag-ui-event.ts'
import { resultPlace } from './message-places.ts'
import { argumentsOf, resultOf } from './tool-text.ts'

/** The state of an AG-UI agent is the data of the part of this type. */
export const statePart = 'data-state'

/** Ids for what a part becomes. */
export interface PartPlace {
  /** Of the message that a text or a call is in. */
  message: string
  /** Of a part that is a message of its own. */
  own: string
}

/**
 * What to tell a client of a part that it knows as `was`. `undefined` if the part is not what it knows with
 * something added: events can only add.
 */
export function partEvents(
  was: Part | undefined,
  part: Part,
  place: PartPlace,
): AgUiEvent[] | undefined {
  if (was === part) return []
  if (was && was.type !== part.type) return undefined
  switch (part.type) {
    case 'text':
      return textEvents(was?.type === 'text' ? was : undefined, part, place.message)
    case 'reasoning':
      return reasoningEvents(was?.type === 'reasoning' ? was : undefined, part, place.own)
    case 'dynamic-tool':
      return callEvents(was?.type === 'dynamic-tool' ? was : undefined, part, place.message)
    case 'file':
    case 'source-url':
    case 'source-document':
      return [{ type: 'CUSTOM', name: part.type, value: part }]
    case 'step-start':
    case 'custom':
    case 'reasoning-file':
      return []
    default:
      return [dataEvent(part)]
  }
}

/** What ends a part that a client was told of, and that would go on. */
export function closingEvents(part: Part, { message, own }: PartPlace): AgUiEvent[] {
  if (isClosed(part)) return []
  if (part.type === 'text') return [{ type: 'TEXT_MESSAGE_END', messageId: message }]
  if (part.type === 'dynamic-tool') {
    return [{ type: 'TOOL_CALL_END', toolCallId: part.toolCallId }]
  }
  return endOfReasoning(own)
}

/** Whether nothing is added to the part's own text any more. */
export function isClosed(part: Part): boolean {
  if (part.type === 'dynamic-tool') return part.state !== 'input-streaming'
  return !('state' in part) || part.state !== 'streaming'
}

export function dataEvent({ type, data }: DataPart): AgUiEvent {
  if (type === statePart) return { type: 'STATE_SNAPSHOT', snapshot: data }
  return { type: 'CUSTOM', name: type, value: data }
}

function textEvents(
  was: TextPart | undefined,
  part: TextPart,
  messageId: string,
): AgUiEvent[] | undefined {
  const delta = added(was, part)
  if (delta === undefined) return undefined
  if (was && isClosed(was)) return []
  return [
    ...optional(!was && { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }),
    ...optional(delta !== '' && { type: 'TEXT_MESSAGE_CONTENT', messageId, delta }),
    ...optional(isClosed(part) && { type: 'TEXT_MESSAGE_END', messageId }),
  ]
}

function reasoningEvents(
  was: ReasoningPart | undefined,
  part: ReasoningPart,
  messageId: string,
): AgUiEvent[] | undefined {
  const delta = added(was, part)
  if (delta === undefined) return undefined
  if (was && isClosed(was)) return []
  return [
    ...optional(!was && { type: 'REASONING_START', messageId }),
    ...optional(!was && { type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' }),
    ...optional(delta !== '' && { type: 'REASONING_MESSAGE_CONTENT', messageId, delta }),
    ...(isClosed(part) ? endOfReasoning(messageId) : []),
  ]
}

function endOfReasoning(messageId: string): AgUiEvent[] {
  return [
    { type: 'REASONING_MESSAGE_END', messageId },
    { type: 'REASONING_END', messageId },
  ]
}

function callEvents(
  was: ToolPart | undefined,
  call: ToolPart,
  parentMessageId: string,
): AgUiEvent[] | undefined {
  const { toolCallId, toolName } = call
  if (was && was.toolCallId !== toolCallId) return undefined
  const events: AgUiEvent[] = was
    ? []
    : [{ type: 'TOOL_CALL_START', toolCallId, toolCallName: toolName, parentMessageId }]
  if (!was || !isClosed(was)) {
    const delta = addedArguments(was ? argumentsOf(was) : '', call)
    if (delta === undefined) return undefined
    if (delta !== '') events.push({ type: 'TOOL_CALL_ARGS', toolCallId, delta })
    if (isClosed(call)) events.push({ type: 'TOOL_CALL_END', toolCallId })
  }
  const content = resultOf(call)
  if (content !== undefined && (!was || resultOf(was) === undefined)) {
    const messageId = resultPlace(toolCallId)
    events.push({ type: 'TOOL_CALL_RESULT', messageId, toolCallId, content, role: 'tool' })
  }
  return events
}

/** The text behind what a client knows; `undefined` if it knows another one. */
function added(
  was: TextPart | ReasoningPart | undefined,
  { text }: TextPart | ReasoningPart,
): string | undefined {
  if (!was) return text
  if (isClosed(was) ? text !== was.text : !text.startsWith(was.text)) return undefined
  return text.slice(was.text.length)
}

/** An input is stored as a value: the text of a whole one may have had other spaces. */
function addedArguments(told: string, call: ToolPart): string | undefined {
  const text = argumentsOf(call)
  if (text.startsWith(told)) return text.slice(told.length)
  return isClosed(call) && isJson(told) ? '' : undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function optional(event: AgUiEvent | false): AgUiEvent[] {
  return event ? [event] : []
}
