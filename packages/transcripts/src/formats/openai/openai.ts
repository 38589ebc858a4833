import { CaughtupError, preview } from '@caughtup/schema'
import type { ImportedRow } from '@caughtup/store'

import { readFinishReason } from '../../base/read-finish-reason.ts'
import { messageTime, timeMembers, withoutTime } from '../../base/read-time.ts'
import { readUsage } from '../../base/read-usage.ts'
import { asRecord, asText, badValue, isRecord, isEmpty } from '../../base/values.ts'
import type { Format } from '../../conversation/format.ts'
import { keepMetadata, providerMetadata } from '../../conversation/metadata.ts'
import { unknownPart } from '../../conversation/parts.ts'
import { noteOthers } from '../../conversation/remarks.ts'
import type { Conversation, Note } from '../../conversation/transcript.ts'
import { type TurnInput, Turns } from '../../conversation/turns.ts'
import { readContent } from './content.ts'
import { readCalls } from './read-calls.ts'
import { readToolText } from './tool-text.ts'

/** Members that are not metadata. */
const read = [
  'id',
  'role',
  'content',
  'refusal',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'tool_calls',
  'function_call',
  'audio',
  'model',
  'usage',
  'finish_reason',
]
/** Members in which other formats have a message's content; they are not read. */
const unread = ['parts', 'tool_invocations', 'toolInvocations']

const ownMembers = ['tool_calls', 'tool_call_id', 'function_call', 'reasoning_content', 'refusal']
const ownParts = new Set(['image_url', 'input_audio', 'refusal'])

export const openai: Format = {
  title: 'chat completion messages of OpenAI and compatible APIs',
  isMessage: (message) =>
    ['developer', 'function'].includes(String(message['role'])) ||
    ownMembers.some((name) => message[name] != null) ||
    (Array.isArray(message['content']) &&
      message['content'].some(
        (part) => isRecord(part) && (ownParts.has(String(part['type'])) || isRecord(part['file'])),
      )),
  conversation: () => new OpenAiConversation(),
}

/**
 * Messages of OpenAI's chat completions.
 *
 * `developer` becomes `system`. A tool result joins its call, however many lines later it comes, and
 * the assistant's message after the results is the next step of the same message, unless the two have
 * different ids. Times are in seconds or ISO 8601; `is_error: true` marks the result of a failed tool;
 * `reasoning_content` or `reasoning` is the model's reasoning. Calls and results without ids (Ollama,
 * the older `function_call`) are paired in their order.
 */
class OpenAiConversation implements Conversation {
  readonly #turns = new Turns()
  #calls = 0

  add(value: unknown, bytes: number, note: Note): void {
    const message = asRecord('the message', value)
    const { role } = message
    switch (role) {
      case 'system':
      case 'developer':
      case 'user':
        this.#addPrompt(message, role === 'user' ? 'user' : 'system', bytes, note)
        return
      case 'assistant':
        this.#addStep(message, bytes, note)
        return
      case 'tool':
      case 'function':
        this.#addAnswer(message, bytes, note)
        return
      default:
        throw badValue('role', role, '"system", "developer", "user", "assistant" or "tool"')
    }
  }

  rows(): ImportedRow[] {
    return this.#turns.rows()
  }

  #addPrompt(
    message: Record<string, unknown>,
    role: 'system' | 'user',
    bytes: number,
    note: Note,
  ): void {
    const { content } = message
    if (content == null) throw badContent(content)
    const parts = readContent(content, note)
    assertKept(message, parts, unread)
    this.#turns.prompt(role, said(message, parts, bytes, note))
  }

  #addStep(message: Record<string, unknown>, bytes: number, note: Note): void {
    let calls = this.#calls
    const parts = [
      ...readReasoning(message),
      ...readContent(message['content'], note),
      ...readContent(message['refusal'], note),
      ...readAudio(message, note),
      ...readCalls(message, () => `call-${++calls}`, note),
    ]
    assertKept(message, parts, unread)
    if (parts.length === 0 && message['content'] === undefined) throw badContent(undefined)
    this.#turns.step(said(message, parts, bytes, note), 'same-id', note)
    this.#calls = calls
  }

  #addAnswer(message: Record<string, unknown>, bytes: number, note: Note): void {
    const { tool_call_id: given, name, tool_name: toolName = name, is_error: failed } = message
    const called = typeof toolName === 'string' ? this.#turns.waiting(toolName) : undefined
    const id = given ?? called ?? (message['role'] === 'tool' ? this.#turns.waiting() : undefined)
    if (id === undefined) throw badValue('tool_call_id', given, 'the id of an earlier call')
    const parts = readContent(message['content'], note)
    assertKept(message, parts, unread)
    const text = parts.map((part) =>
      isRecord(part) && part['type'] === 'text' ? part['text'] : part,
    )
    const only = text.every((each) => typeof each === 'string') ? text.join('') : undefined
    const output = only === undefined ? message['content'] : readToolText(only)
    const answer = failed === true ? { errorText: only ?? JSON.stringify(output) } : { output }
    this.#turns.answer(asText('tool_call_id', id), answer, bytes)
    noteOthers(
      message,
      [...read, ...timeMembers, 'tool_call_id', 'name', 'tool_name', 'is_error'],
      note,
      'of an answer, ',
    )
  }
}

function said(
  message: Record<string, unknown>,
  parts: readonly unknown[],
  bytes: number,
  note: Note,
): TurnInput {
  const { id, model, usage, finish_reason: reason } = message
  const others = Object.entries(message).filter(([name]) => !read.includes(name))
  const about = { model, usage: readUsage(usage) ?? usage, finishReason: readFinishReason(reason) }
  return {
    id: typeof id === 'string' && id !== '' ? id : undefined,
    parts,
    createdAt: messageTime(message),
    metadata: keepMetadata(about, withoutTime(Object.fromEntries(others)), note),
    bytes,
  }
}

function badContent(content: unknown): CaughtupError {
  return badValue('content', content, 'a string or an array')
}

function readReasoning(message: Record<string, unknown>): unknown[] {
  const { reasoning_content: own, reasoning: other, reasoning_details: details } = message
  const text = own ?? other
  const extra = providerMetadata('openrouter', { reasoning_details: details })
  const isSaid = typeof text === 'string' && text !== ''
  if (!isSaid && Object.keys(extra).length === 0) return []
  return [{ type: 'reasoning', text: isSaid ? text : '', ...extra }]
}

function readAudio({ audio, content }: Record<string, unknown>, note: Note): unknown[] {
  if (audio == null) return []
  const transcript = isRecord(audio) ? audio['transcript'] : undefined
  const isSpoken = typeof transcript === 'string' && transcript !== '' && !content
  return [
    ...(isSpoken ? [{ type: 'text', text: transcript }] : []),
    unknownPart('openai', { type: 'audio', audio }, 'the audio of an answer', note),
  ]
}

/**
 * Refuses a message that would be empty although a member that this format does not read has content:
 * it is a message of another format.
 *
 * @param unread - names of such members
 * @throws CaughtupError `BAD_INPUT`
 */
function assertKept(
  message: Readonly<Record<string, unknown>>,
  kept: readonly unknown[],
  unread: readonly string[],
): void {
  if (kept.length > 0) return
  for (const field of unread) {
    const value = message[field]
    if (value === undefined || value === '' || isEmpty(value)) continue
    throw new CaughtupError(
      'BAD_INPUT',
      `This format does not read ${field}, and the message has nothing else.`,
      { field, value: preview(value) },
    )
  }
}
