import type { ImportedRow } from '@caughtup/store'

import { asRecord, asText, badValue, isRecord } from '../base/values.ts'
import type { Format } from '../conversation/format.ts'
import { keepMetadata } from '../conversation/metadata.ts'
import { noteOthers } from '../conversation/remarks.ts'
import { readTime } from '../base/read-time.ts'
import type { Conversation, Note } from '../conversation/transcript.ts'
import { Turns, endedRows } from '../conversation/turns.ts'
import { readToolText } from './openai/tool-text.ts'

const roles = new Map<string, 'system' | 'user' | 'assistant' | 'call' | 'answer'>([
  ['system', 'system'],
  ['human', 'user'],
  ['user', 'user'],
  ...['gpt', 'chatgpt', 'assistant', 'model', 'bot', 'bing', 'bard', 'claude'].map(
    (name) => [name, 'assistant'] as const,
  ),
  ['function_call', 'call'],
  ['tool_call', 'call'],
  ...['observation', 'tool', 'function_response', 'tool_response', 'function'].map(
    (name) => [name, 'answer'] as const,
  ),
])

/** Conversations of ShareGPT, and of data sets in its form: `from` and `value`. */
class ShareGptConversation implements Conversation {
  readonly #turns = new Turns()
  #calls = 0

  add(value: unknown, bytes: number, note: Note): void {
    const { id, from, value: said, timestamp, ...others } = asRecord('the message', value)
    const role = roles.get(String(from).toLowerCase())
    const text = asText('value', said)
    const row = {
      id: typeof id === 'string' ? id : undefined,
      parts: text === '' ? [] : [{ type: 'text', text }],
      createdAt: readTime(timestamp, 's'),
      metadata: keepMetadata({}, others, note),
      bytes,
    }
    switch (role) {
      case 'system':
      case 'user':
        this.#turns.prompt(role, row)
        return
      case 'assistant':
        this.#turns.step(row, 'same-id', note)
        return
      case 'call':
        this.#turns.step({ ...row, parts: [this.#call(text).part] }, 'same-id', note)
        return
      case 'answer': {
        const waiting = this.#turns.waiting()
        const id = waiting ?? this.#unasked(row, note)
        this.#turns.answer(id, { output: readToolText(text) }, bytes)
        return
      }
      case undefined:
        throw badValue('from', from, 'human, gpt, system, function_call, observation or a synonym')
    }
  }

  rows(): ImportedRow[] {
    return endedRows(this.#turns.rows())
  }

  #call(text: string) {
    const called = readToolText(text)
    const { name, arguments: given, parameters = given } = isRecord(called) ? called : {}
    const isNamed = typeof name === 'string'
    const id = `call-${++this.#calls}`
    const input = isNamed
      ? typeof parameters === 'string'
        ? readToolText(parameters)
        : (parameters ?? {})
      : called
    const toolName = isNamed ? name : 'tool'
    const part = { type: 'dynamic-tool', toolCallId: id, toolName, state: 'input-available', input }
    return { id, part }
  }

  /** Some data sets have the call in the text before. */
  #unasked(row: Parameters<Turns['step']>[0], note: Note): string {
    const { id, part } = this.#call('{}')
    this.#turns.step({ ...row, parts: [part] }, 'always', note)
    return id
  }
}

function isSaid(value: unknown): boolean {
  return isRecord(value) && 'from' in value && 'value' in value
}

export const sharegpt: Format = {
  title: 'conversations of ShareGPT',
  isMessage: (message) => isSaid(message) && message['role'] === undefined,
  isConversation: ({ conversations, items = conversations }) =>
    Array.isArray(items) && items.some(isSaid),
  unfold: ({ conversations, items = conversations, system, title, ...others }, note) => {
    noteOthers(others, ['id'], note, 'in the conversation, ')
    const first =
      typeof system === 'string' && system !== '' ? [{ from: 'system', value: system }] : []
    return {
      ...(typeof title === 'string' && { title }),
      messages: [...first, ...(Array.isArray(items) ? items : [])],
    }
  },
  conversation: () => new ShareGptConversation(),
}
