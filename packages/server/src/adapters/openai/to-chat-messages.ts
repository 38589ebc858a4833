import type { Message } from '@caughtup/schema'

import { type Call, type FilePart, ofOpenai, resultOf, textsOf } from './read-message.ts'

interface ChatCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
  /** What a compatible provider attached to it. */
  extra_content?: unknown
}

type ChatContent =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string } }
  | { type: 'input_audio'; input_audio: { data: string; format: 'wav' | 'mp3' } }
  | { type: 'file'; file: { filename: string; file_data: string } }

/** A message as OpenAI's chat completions and compatible providers take it. */
export type ChatMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | ChatContent[] }
  | {
      role: 'assistant'
      content: string | null
      tool_calls?: ChatCall[]
      reasoning_content?: string
    }
  | { role: 'tool'; tool_call_id: string; content: string }

export interface ChatMessagesOptions {
  /**
   * Whether reasoning is sent back, as `reasoning_content`. Some providers want it with calls of tools, OpenAI
   * refuses it.
   *
   * @default false
   */
  reasoning?: boolean
}

/**
 * The messages of an agent's context as `messages` of OpenAI's chat completions: with files, and calls with
 * their results. A call that has been approved and not made yet has no result: make it, and add one.
 */
export function toChatMessages(
  messages: readonly Message[],
  { reasoning = false }: ChatMessagesOptions = {},
): ChatMessage[] {
  return messages.flatMap((message): ChatMessage[] => {
    if (message.role === 'assistant') return answerMessages(message, reasoning)
    if (message.role === 'system') return [{ role: 'system', content: textsOf(message) }]
    const content = message.parts.flatMap((part): ChatContent[] => {
      if (part.type === 'text') return [{ type: 'text', text: part.text }]
      return part.type === 'file' ? [fileContent(part)] : []
    })
    const isText = content.every(({ type }) => type === 'text')
    return [{ role: 'user', content: isText ? textsOf(message) : content }]
  })
}

/** One message for each step: what the model said, the calls that it made then, and their results. */
function answerMessages({ parts }: Message, reasoning: boolean): ChatMessage[] {
  const messages: ChatMessage[] = []
  let [text, thoughts, calls] = ['', '', new Array<Call>()]
  const step = () => {
    if (text !== '' || calls.length > 0) {
      messages.push({
        role: 'assistant',
        content: text === '' ? null : text,
        ...(calls.length > 0 && { tool_calls: calls.map(callOf) }),
        ...(reasoning && thoughts !== '' && { reasoning_content: thoughts }),
      })
    }
    for (const call of calls) {
      const content = resultOf(call)
      if (content === undefined) continue
      messages.push({ role: 'tool', tool_call_id: call.toolCallId, content })
    }
    ;[text, thoughts, calls] = ['', '', []]
  }
  for (const part of parts) {
    if (part.type === 'dynamic-tool') {
      if (part.providerExecuted !== true) calls.push(part)
    } else if (part.type === 'text' || part.type === 'reasoning') {
      if (calls.length > 0) step()
      if (part.type === 'text') text += part.text
      else thoughts += part.text
    } else if (part.type === 'step-start') step()
  }
  step()
  return messages
}

function callOf(call: Call): ChatCall {
  const { extraContent } = ofOpenai(call)
  return {
    id: call.toolCallId,
    type: 'function',
    function: {
      name: call.toolName,
      arguments: JSON.stringify(call.state === 'input-streaming' ? {} : (call.input ?? {})),
    },
    ...(extraContent !== undefined && { extra_content: extraContent }),
  }
}

const audio: Readonly<Record<string, 'wav' | 'mp3'>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
}

/** Files other than images can be sent with their content alone, and are named otherwise. */
function fileContent({ mediaType, url, filename = 'file' }: FilePart): ChatContent {
  if (mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url } }
  if (!url.startsWith('data:'))
    return { type: 'text', text: `[${filename} (${mediaType}): ${url}]` }
  const format = audio[mediaType]
  if (format === undefined) return { type: 'file', file: { filename, file_data: url } }
  return { type: 'input_audio', input_audio: { data: url.slice(url.indexOf(',') + 1), format } }
}
