import type { Message, Part, ToolPart } from '@caughtup/schema'

import type { WrittenMessage } from '../../conversation/transcript.ts'
import { contentPart } from './content.ts'
import { writeToolText } from './tool-text.ts'

type WholeCall = Exclude<ToolPart, { state: 'input-streaming' }>

/** One step of an answer: what one OpenAI message can hold, in its order. */
interface Step {
  reasoning?: string
  content: unknown[]
  calls: WholeCall[]
}

/**
 * A message as messages of OpenAI's chat completions: one for each step of an answer, followed by its
 * tool results. Besides OpenAI's own members they have `id`, `created_at` (in seconds),
 * `reasoning_content`, and `is_error` if a tool failed, so that reading them restores the message.
 *
 * The format cannot hold sources, data parts, files of an answer and calls with incomplete input,
 * which are reported, nor titles and provider metadata, which are not.
 */
export function openAiMessages({ id, role, parts, metadata }: Message): WrittenMessage {
  const heading = { role, id, created_at: metadata.createdAt / 1000 }
  const leftOut: string[] = []
  if (role !== 'assistant') {
    const content = parts.flatMap((part) => {
      const written = contentPart(part)
      if (written === undefined && part.type !== 'step-start') leftOut.push(part.type)
      return written === undefined ? [] : [written]
    })
    return { messages: [{ ...heading, content: shortContent(content) }], leftOut }
  }
  const messages = stepsOf(parts, leftOut).flatMap(({ reasoning, content, calls }) => [
    {
      ...heading,
      content: content.length === 0 && calls.length > 0 ? null : shortContent(content),
      ...(reasoning !== undefined && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls.map(toolCall) }),
    },
    ...calls.flatMap(toolAnswer),
  ])
  return { messages, leftOut }
}

/** A message has reasoning, text and calls in this order; a part out of order starts another one. */
function stepsOf(parts: readonly Part[], leftOut: string[]): Step[] {
  let step: Step = { content: [], calls: [] }
  const steps = [step]
  const next = () => {
    if (!isEmpty(step)) steps.push((step = { content: [], calls: [] }))
  }
  for (const part of parts) {
    switch (part.type) {
      case 'step-start':
        next()
        break
      case 'reasoning':
        if (part.text === '') break
        next()
        step.reasoning = part.text
        break
      case 'text':
        if (step.calls.length > 0) next()
        step.content.push({ type: 'text', text: part.text })
        break
      case 'dynamic-tool':
        if (part.state === 'input-streaming') leftOut.push(part.type)
        else step.calls.push(part)
        break
      case 'file':
      case 'reasoning-file':
      case 'source-url':
      case 'source-document':
      case 'custom':
        leftOut.push(part.type)
        break
      default:
        leftOut.push(part.type)
    }
  }
  // An empty message is still a message.
  return steps.length > 1 && isEmpty(step) ? steps.slice(0, -1) : steps
}

function isEmpty({ reasoning, content, calls }: Step): boolean {
  return reasoning === undefined && content.length === 0 && calls.length === 0
}

/** A single text part is written as a string. */
function shortContent(content: readonly unknown[]): unknown {
  const [first] = content
  if (content.length > 1 || !isText(first)) return content.length === 0 ? '' : content
  return first.text === '' ? content : first.text
}

function isText(value: unknown): value is { type: 'text'; text: string } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'text'
}

function toolCall({ toolCallId, toolName, input }: WholeCall): unknown {
  return {
    id: toolCallId,
    type: 'function',
    function: { name: toolName, arguments: JSON.stringify(input ?? null) },
  }
}

function toolAnswer(part: WholeCall): Record<string, unknown>[] {
  const heading = { role: 'tool', tool_call_id: part.toolCallId }
  switch (part.state) {
    case 'output-available':
      return [{ ...heading, content: writeToolText(part.output) }]
    case 'output-error':
      return [{ ...heading, content: part.errorText, is_error: true }]
    case 'output-denied':
      return [
        { ...heading, content: part.approval.reason ?? 'The call was denied.', is_error: true },
      ]
    case 'input-available':
    case 'approval-requested':
    case 'approval-responded':
      return []
  }
}
