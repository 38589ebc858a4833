import { CaughtupError, defaultLimits, excerpt, type Part, type ToolPart } from '@caughtup/schema'

import type { ForeignRow } from '../../reconcile/foreign-row.ts'
import { assertFits, safeBytes } from '../assert-fits.ts'
import { assertKept } from '../assert-kept.ts'
import { asRecord, asText, badValue } from '../bad-value.ts'
import { noteOthers } from '../note-others.ts'
import { readTime } from '../read-time.ts'
import type { Conversation, Note } from '../transcript.ts'
import { readContent } from './content.ts'
import { readToolText } from './tool-text.ts'

interface Turn {
  id: string | undefined
  role: ForeignRow['role']
  parts: Part[]
  createdAt: number | undefined
  /** What its messages took in their file. */
  bytes: number
  /** Whether its last step called tools, after whose answers the model goes on. */
  goesOn: boolean
}

/** Members of a message that say when it was written, the first that is there. */
const times = ['created_at', 'created', 'timestamp']
const common = ['id', 'role', 'content', ...times]
/** Members that hold what a message says, and are not read. */
const unread = ['parts', 'function_call', 'audio']

/**
 * Messages of OpenAI's chat completions.
 *
 * `developer` is `system` here. A tool's answer joins its call, in whatever later line it comes, and
 * the assistant's message after the answers is the next step of the same message here, unless the
 * two have different ids. Times are in seconds or ISO 8601; `is_error: true` on an answer says that
 * the tool failed; `reasoning_content` or `reasoning` is the model's reasoning.
 */
export class OpenAiConversation implements Conversation {
  readonly #turns: Turn[] = []
  /** Where the answers belong that have not come. */
  readonly #calls = new Map<string, { turn: Turn; index: number }>()

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
        this.#addAnswer(message, bytes, note)
        return
      default:
        throw badValue('role', role, '"system", "developer", "user", "assistant" or "tool"')
    }
  }

  rows(): ForeignRow[] {
    return this.#turns.map(({ id, role, parts, createdAt, goesOn }) => ({
      ...(id !== undefined && { id }),
      role,
      parts,
      ...(createdAt !== undefined && { createdAt }),
      ...(goesOn && { complete: false }),
    }))
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
    assertFits(parts, bytes)
    noteOthers(message, common, note)
    this.#turns.push({ ...heading(message), role, parts, bytes, goesOn: false })
  }

  #addStep(message: Record<string, unknown>, bytes: number, note: Note): void {
    const calls = readCalls(message['tool_calls'], note)
    const step = [...readReasoning(message), ...readAnswer(message, note), ...calls]
    assertKept(message, step, unread)
    if (step.length === 0 && message['content'] === undefined) throw badContent(undefined)
    assertFits(step, bytes)
    const read = [...common, 'refusal', 'reasoning_content', 'reasoning', 'tool_calls']
    noteOthers(message, read, note)
    const turn = this.#turnOf(message, step.length, bytes)
    for (const part of step) {
      const index = turn.parts.push(part) - 1
      if (part.type === 'dynamic-tool') this.#calls.set(part.toolCallId, { turn, index })
    }
    turn.bytes += bytes
    turn.goesOn = calls.length > 0
  }

  /** The last turn with a step more, where the message is one of its, or a new one. */
  #turnOf(message: Record<string, unknown>, partCount: number, bytes: number): Turn {
    const { id, createdAt } = heading(message)
    const last = this.#turns.at(-1)
    if (last && continues(last, id, partCount, bytes)) {
      last.parts.push({ type: 'step-start' })
      return last
    }
    const turn: Turn = { id, role: 'assistant', parts: [], createdAt, bytes: 0, goesOn: false }
    this.#turns.push(turn)
    return turn
  }

  #addAnswer(message: Record<string, unknown>, bytes: number, note: Note): void {
    const id = asText('tool_call_id', message['tool_call_id'])
    const call = this.#calls.get(id)
    const part = call?.turn.parts[call.index]
    if (!call || part?.type !== 'dynamic-tool') {
      throw new CaughtupError(
        'BAD_INPUT',
        `No call before it waits for the answer to "${excerpt(id)}".`,
        { field: 'tool_call_id', value: excerpt(id) },
      )
    }
    const content = readContent(message['content'], note)
    assertKept(message, content, unread)
    const text = content
      .map((piece) => (piece.type === 'text' ? piece.text : JSON.stringify(piece)))
      .join('')
    noteOthers(message, [...common, 'tool_call_id', 'name', 'is_error'], note)
    const { turn, index } = call
    const parts = turn.parts.with(index, answered(part, text, message['is_error'] === true))
    assertFits(parts, turn.bytes + bytes)
    turn.parts = parts
    turn.bytes += bytes
    this.#calls.delete(id)
  }
}

function badContent(content: unknown): CaughtupError {
  return badValue('content', content, 'a text or a list')
}

function continues(last: Turn, id: string | undefined, partCount: number, bytes: number): boolean {
  if (last.role !== 'assistant' || last.id !== id || !(last.goesOn || id !== undefined))
    return false
  // What may be too large for one message goes on in another.
  const length = last.parts.length + 1 + partCount
  return length <= defaultLimits.messageParts && last.bytes + bytes <= safeBytes
}

function heading(message: Record<string, unknown>): Pick<Turn, 'id' | 'createdAt'> {
  const { id } = message
  const time = times.map((name) => message[name]).find((value) => value != null)
  return {
    id: typeof id === 'string' && id !== '' ? id : undefined,
    createdAt: readTime(time, 's'),
  }
}

function readReasoning(message: Record<string, unknown>): Part[] {
  const text = message['reasoning_content'] ?? message['reasoning']
  return typeof text === 'string' && text !== '' ? [{ type: 'reasoning', text }] : []
}

function readAnswer(message: Record<string, unknown>, note: Note): Part[] {
  const { content, refusal } = message
  return [...readContent(content, note), ...readContent(refusal, note)]
}

function readCalls(calls: unknown, note: Note): ToolPart[] {
  if (calls == null) return []
  if (!Array.isArray(calls)) throw badValue('tool_calls', calls, 'a list')
  return calls.map((value, index) => {
    const field = `tool_calls.${index}`
    const call = asRecord(field, value)
    noteOthers(call, ['id', 'type', 'index', 'function', 'custom'], note)
    const { toolName, input } = readFunction(call, field)
    return {
      type: 'dynamic-tool',
      toolCallId: asText(`${field}.id`, call['id']),
      toolName,
      state: 'input-available',
      input,
    }
  })
}

function readFunction(
  call: Record<string, unknown>,
  field: string,
): { toolName: string; input: unknown } {
  if (call['type'] === 'custom') {
    const custom = asRecord(`${field}.custom`, call['custom'])
    return {
      toolName: asText(`${field}.custom.name`, custom['name']),
      input: asText(`${field}.custom.input`, custom['input']),
    }
  }
  const { name, arguments: given = '' } = asRecord(`${field}.function`, call['function'])
  return {
    toolName: asText(`${field}.function.name`, name),
    // A call without arguments has an empty text, and some transcripts have the object itself.
    input: given === '' ? {} : typeof given === 'string' ? readToolText(given) : given,
  }
}

function answered(part: ToolPart, text: string, failed: boolean): ToolPart {
  const { type, toolCallId, toolName } = part
  const input = 'input' in part ? part.input : part.rawInput
  const call = { type, toolCallId, toolName, input }
  return failed
    ? { ...call, state: 'output-error', errorText: text }
    : { ...call, state: 'output-available', output: readToolText(text) }
}
