import type { Message, Part } from '@caughtup/schema'

import type { AgUiCall, AgUiContent, AgUiMessage } from './ag-ui-event.ts'
import { ownPlace, placesOf, resultPlace } from './message-places.ts'
import { isClosed } from './part-events.ts'
import { argumentsOf, resultOf } from './tool-text.ts'

/** Messages of a session as a client of AG-UI keeps them, without the parts that still grow. */
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
  for (const [index, part] of parts.entries()) {
    if (!isClosed(part)) continue
    if (part.type === 'text') answerAt(index).content = part.text
    if (part.type === 'reasoning') {
      messages.push({ id: ownPlace(id, index), role: 'reasoning', content: part.text })
    }
    if (part.type !== 'dynamic-tool') continue
    const { toolCallId, toolName } = part
    const called: AgUiCall = {
      id: toolCallId,
      type: 'function',
      function: { name: toolName, arguments: argumentsOf(part) },
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
