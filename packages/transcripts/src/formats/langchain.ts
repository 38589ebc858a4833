import type { ImportedRow } from '@caughtup/store'

import { asRecord, asText, badValue, isRecord } from '../base/values.ts'
import type { Format } from '../conversation/format.ts'
import { keepMetadata } from '../conversation/metadata.ts'
import { readFinishReason } from '../base/read-finish-reason.ts'
import { readTime } from '../base/read-time.ts'
import { readUsage } from '../base/read-usage.ts'
import type { Conversation, Note } from '../conversation/transcript.ts'
import { Turns } from '../conversation/turns.ts'
import { unknownPart } from '../conversation/parts.ts'
import { readBlocks } from './anthropic/read-block.ts'
import { readContent } from './openai/content.ts'
import { readCalls } from './openai/read-calls.ts'
import { readToolText } from './openai/tool-text.ts'

const roles = new Map<string, 'system' | 'user' | 'assistant' | 'tool'>([
  ['system', 'system'],
  ['human', 'user'],
  ['ai', 'assistant'],
  ['tool', 'tool'],
  ['function', 'tool'],
])

/**
 * Messages of LangChain in each form that it writes: `{ type, data }`, `{ lc, id, kwargs }` and plain
 * members. Calls are read from `tool_calls`; content blocks that repeat them are skipped.
 */
class LangChainConversation implements Conversation {
  readonly #turns = new Turns()
  #calls = 0

  add(value: unknown, bytes: number, note: Note): void {
    const { type, role, message } = unwrap(asRecord('the message', value))
    const { id, content, name, tool_calls: calls, invalid_tool_calls: invalid, ...others } = message
    const {
      additional_kwargs: kwargs,
      response_metadata: response,
      usage_metadata: usage,
      ...rest
    } = others
    const {
      tool_call_id: callId,
      status,
      artifact,
      example: _,
      type: __,
      tool_call_chunks: ___,
      ...foreign
    } = rest
    if (role === undefined) throw badValue('type', type, '"system", "human", "ai" or "tool"')
    if (content == null && calls == null) throw badValue('content', content, 'a string or an array')
    const extra = isRecord(kwargs) ? kwargs : {}
    if (role === 'tool') {
      const waiting = callId ?? (typeof name === 'string' ? this.#turns.waiting(name) : undefined)
      const output = typeof content === 'string' ? readToolText(content) : content
      const answer = status === 'error' ? { errorText: String(content) } : { output }
      this.#turns.answer(asText('tool_call_id', waiting), answer, bytes)
      if (artifact != null) note.lost('the artifact of a tool result is dropped')
      return
    }
    const about = isRecord(response) ? response : {}
    const {
      model_name: model = about['model'],
      token_usage: used,
      finish_reason: end,
      stop_reason: ended,
    } = about
    const { tool_calls: raw, function_call: single, reasoning_content: reasoning, ...said } = extra
    const nextId = () => `call-${++this.#calls}`
    const made =
      Array.isArray(calls) && calls.length > 0
        ? calls.map((call, n) => readCall(call, n, nextId))
        : readCalls({ tool_calls: raw, function_call: single }, nextId, note)
    const row = {
      id: typeof id === 'string' ? id : undefined,
      parts: [
        ...(typeof reasoning === 'string' && reasoning !== ''
          ? [{ type: 'reasoning', text: reasoning }]
          : []),
        ...readBlocksOf(content, made, note),
        ...made,
      ],
      createdAt: readTime(about['created_at'] ?? extra['created_at'] ?? extra['timestamp'], 's'),
      metadata: keepMetadata(
        role === 'assistant'
          ? {
              model,
              usage: readUsage(usage) ?? readUsage(used),
              finishReason: readFinishReason(end ?? ended),
            }
          : {},
        { name, invalid_tool_calls: invalid, ...said, ...foreign },
        note,
      ),
      bytes,
    }
    if (role !== 'assistant') this.#turns.prompt(role, row)
    // In this format each step has its own id.
    else this.#turns.step(row, 'always', note)
  }

  rows(): ImportedRow[] {
    return this.#turns.rows()
  }
}

function unwrap(value: Record<string, unknown>) {
  const { kwargs, id, type: given, data } = value
  const isConstructor = 'lc' in value && isRecord(kwargs)
  const name = isConstructor && Array.isArray(id) ? id.at(-1) : given
  const type = String(name)
    .replace(/Message(?:Chunk)?$/, '')
    .toLowerCase()
  const message = isConstructor ? kwargs : isRecord(data) ? data : value
  const chat = type === 'chat' || type === 'generic' ? message['role'] : undefined
  const spoken = chat === 'user' || chat === 'assistant' || chat === 'system' ? chat : undefined
  return { type: name, role: spoken ?? roles.get(type), message }
}

function readCall(value: unknown, index: number, nextId: () => string): unknown {
  const { id, name, args } = asRecord(`tool_calls.${index}`, value)
  return {
    type: 'dynamic-tool',
    toolCallId: id == null ? nextId() : asText(`tool_calls.${index}.id`, id),
    toolName: asText(`tool_calls.${index}.name`, name),
    state: 'input-available',
    input: args ?? {},
  }
}

const callBlocks = new Set([
  'tool_use',
  'tool_call',
  'tool_call_chunk',
  'function_call',
  'input_json_delta',
])
const anthropicBlocks = new Set(['thinking', 'redacted_thinking', 'image', 'document'])

function readBlocksOf(content: unknown, made: readonly unknown[], note: Note): unknown[] {
  if (!Array.isArray(content)) return readContent(content, note)
  return content.flatMap((block: unknown) => {
    const type = isRecord(block) ? String(block['type']) : ''
    if (callBlocks.has(type) && made.length > 0) return []
    if (isRecord(block) && type === 'reasoning' && typeof block['reasoning'] === 'string') {
      return [{ type: 'reasoning', text: block['reasoning'] }]
    }
    if (anthropicBlocks.has(type) || (isRecord(block) && type === 'text')) {
      return readBlocks([block], { format: 'langchain', nextId: () => 'call', note }).parts
    }
    if (typeof block === 'string' || type === 'image_url') return readContent([block], note)
    return [unknownPart('langchain', block, `a block of type ${type}`, note)]
  })
}

export const langchain: Format = {
  title: 'messages of LangChain, in each form that it writes',
  isMessage: (value) => {
    const { type, role, data, content } = value
    if ('lc' in value) return isRecord(value['kwargs'])
    return (
      role === undefined &&
      (isRecord(data) || content !== undefined) &&
      /^(?:human|ai|system|tool|function|chat|generic|(?:AI|Human|System|Tool|Function|Chat)Message(?:Chunk)?)$/.test(
        String(type),
      )
    )
  },
  conversation: () => new LangChainConversation(),
}
