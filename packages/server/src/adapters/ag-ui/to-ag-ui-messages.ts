import type { Message, Part } from '@caughtup/schema'

import type { AgUiCall, AgUiContent, AgUiMessage } from './ag-ui-event.ts'
import { ownPlace, placesOf, resultPlace } from './message-places.ts'
import { isClosed } from './part-events.ts'
import { argumentsOf, resultOf } from './tool-text.ts'

/**
 * Messages of a session as a client of AG-UI keeps them. Parts that still grow are left out, or are empty where
 * one behind them is complete: they keep their places.
 */
export function toAgUiMessages(messages: readonly Message[]): AgUiMessage[] {
  return messages.flatMap((message) => {
    const { id, role, parts } = message
    if (role === 'assistant') return answerMessages(message)
    if (role === 'system') return { id, role, content: textOf(parts) }
    return { id, role, content: contentOf(parts) }
  })
}

type Answer = Extract<AgUiMessage, { role: 'assistant' }>

function answerMessages({ id, parts }: Message): AgUiMessage[] {
  const places = placesOf({ id, parts })
  const messages: AgUiMessage[] = []
  const answers = new Map<string, Answer>()
  const answerAt = (index: number): Answer => {
    const place = places[index] ?? id
    const known = answers.get(place)
    if (known) return known
    const answer: Answer = { id: place, role: 'assistant' }
    answers.set(place, answer)
    messages.push(answer)
    return answer
  }
  const newest = parts.findLastIndex((part) => isMessage(part) && isClosed(part))
  for (const [index, part] of parts.slice(0, newest + 1).entries()) {
    const told = (text: string) => (isClosed(part) ? text : '')
    if (part.type === 'text') answerAt(index).content = told(part.text)
    if (part.type === 'reasoning') {
      messages.push({ id: ownPlace(id, index), role: 'reasoning', content: told(part.text) })
    }
    if (part.type !== 'dynamic-tool') continue
    const { toolCallId, toolName } = part
    const called: AgUiCall = {
      id: toolCallId,
      type: 'function',
      function: { name: toolName, arguments: told(argumentsOf(part)) },
    }
    const answer = answerAt(index)
    answer.toolCalls = [...(answer.toolCalls ?? []), called]
    const content = resultOf(part)
    if (content === undefined) continue
    const failed = part.state === 'output-error' && { error: content }
    messages.push({ id: resultPlace(toolCallId), role: 'tool', toolCallId, content, ...failed })
  }
  return messages
}

/** Whether it is a message of AG-UI, or in one. */
function isMessage({ type }: Part): boolean {
  return type === 'text' || type === 'reasoning' || type === 'dynamic-tool'
}

/** A message to which nothing is added any more, though its agent has not said so. */
export function closed(message: Message): Message {
  const parts = message.parts.map((part) => {
    const grows = (part.type === 'text' || part.type === 'reasoning') && !isClosed(part)
    return grows ? { ...part, state: 'done' as const } : part
  })
  return { ...message, parts }
}

function contentOf(parts: readonly Part[]): string | AgUiContent[] {
  if (parts.every(({ type }) => type === 'text')) return textOf(parts)
  return parts.flatMap((part): AgUiContent[] => {
    if (part.type === 'text') return [{ type: 'text', text: part.text }]
    if (part.type !== 'file') return []
    const { mediaType, url } = part
    return [{ type: kindOf(mediaType), source: { type: 'url', value: url, mimeType: mediaType } }]
  })
}

function kindOf(mediaType: string): 'image' | 'audio' | 'video' | 'document' {
  const [kind] = mediaType.split('/')
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'document'
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
