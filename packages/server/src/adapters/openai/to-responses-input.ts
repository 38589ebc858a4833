import type { Message } from '@caughtup/schema'

import { type Call, type FilePart, ofOpenai, resultOf, textOf, textsOf } from './read-message.ts'

type InputContent =
  | { type: 'input_text'; text: string }
  | { type: 'input_image'; image_url: string; detail: 'auto' }
  | { type: 'input_file'; filename: string; file_data: string }
  | { type: 'input_file'; file_url: string }

/** An item as OpenAI's Responses take it. */
export type ResponsesInputItem =
  | { role: 'system'; content: string }
  | { role: 'user'; content: InputContent[] }
  | { role: 'assistant'; content: string }
  | { type: 'function_call'; call_id: string; name: string; arguments: string }
  | { type: 'function_call_output'; call_id: string; output: string }
  | { type: 'custom_tool_call'; call_id: string; name: string; input: string }
  | { type: 'custom_tool_call_output'; call_id: string; output: string }
  | {
      type: 'reasoning'
      id: string
      summary: { type: 'summary_text'; text: string }[]
      encrypted_content: string
    }

/** An item whose encrypted content comes with the last of its summaries. */
type ReasoningItem = Omit<
  Extract<ResponsesInputItem, { type: 'reasoning' }>,
  'encrypted_content'
> & {
  encrypted_content: string | undefined
}

/**
 * The messages of an agent's context as `input` of OpenAI's Responses: with files, calls with their results,
 * and encrypted reasoning (ask for it with `include: ['reasoning.encrypted_content']`). Nothing of it refers to
 * what OpenAI has stored, so `store: false` works. A call that has been approved and not made yet has no result:
 * make it, and add one.
 */
export function toResponsesInput(messages: readonly Message[]): ResponsesInputItem[] {
  return messages.flatMap((message): ResponsesInputItem[] => {
    if (message.role === 'assistant') return answerItems(message)
    if (message.role === 'system') return [{ role: 'system', content: textsOf(message) }]
    const content = message.parts.flatMap((part): InputContent[] => {
      if (part.type === 'text') return [{ type: 'input_text', text: part.text }]
      return part.type === 'file' ? [fileContent(part)] : []
    })
    return [{ role: 'user', content }]
  })
}

function answerItems({ parts }: Message): ResponsesInputItem[] {
  const items: ResponsesInputItem[] = []
  // Reasoning without what followed it, as in an answer that was stopped, would be refused.
  let reasoning: ReasoningItem[] = []
  let results: ResponsesInputItem[] = []
  const add = (item: ResponsesInputItem) => {
    for (const { encrypted_content, ...rest } of reasoning) {
      if (encrypted_content !== undefined) items.push({ ...rest, encrypted_content })
    }
    items.push(item)
    reasoning = []
  }
  const step = () => {
    items.push(...results)
    results = []
    reasoning = []
  }
  for (const part of parts) {
    if (part.type === 'step-start') step()
    else if (part.type === 'reasoning') {
      if (results.length > 0) step()
      reasoning = withReasoning(reasoning, part.text, ofOpenai(part))
    } else if (part.type === 'text' && part.text !== '') {
      if (results.length > 0) step()
      add({ role: 'assistant', content: part.text })
    } else if (part.type === 'dynamic-tool' && part.providerExecuted !== true) {
      const [call, result] = callItems(part)
      add(call)
      results.push(...result)
    }
  }
  step()
  return items
}

/** The parts of one item, its summaries, become one item again. */
function withReasoning(
  before: ReasoningItem[],
  text: string,
  said: Record<string, unknown>,
): ReasoningItem[] {
  const id = textOf(said['itemId'])
  if (id === undefined) return before
  const last = before.at(-1)
  const item = last?.id === id ? last : { type: 'reasoning' as const, id, summary: [] }
  const summary = text === '' ? [] : [{ type: 'summary_text' as const, text }]
  const others = item === last ? before.slice(0, -1) : before
  return [
    ...others,
    {
      ...item,
      summary: [...item.summary, ...summary],
      encrypted_content: textOf(said['reasoningEncryptedContent']),
    },
  ]
}

function callItems(call: Call): [ResponsesInputItem, ResponsesInputItem[]] {
  const { toolCallId: call_id, toolName: name } = call
  const input: unknown = call.state === 'input-streaming' ? {} : call.input
  const output = resultOf(call)
  const isCustom = typeof input === 'string'
  const type = isCustom ? 'custom_tool_call_output' : 'function_call_output'
  return [
    isCustom
      ? { type: 'custom_tool_call', call_id, name, input }
      : { type: 'function_call', call_id, name, arguments: JSON.stringify(input ?? {}) },
    output === undefined ? [] : [{ type, call_id, output }],
  ]
}

function fileContent({ mediaType, url, filename = 'file' }: FilePart): InputContent {
  if (mediaType.startsWith('image/')) return { type: 'input_image', image_url: url, detail: 'auto' }
  return url.startsWith('data:')
    ? { type: 'input_file', filename, file_data: url }
    : { type: 'input_file', file_url: url }
}
