import type { ImportedRow } from '@caughtup/store'

import { asRecord, badValue, isRecord } from '../../base/values.ts'
import { textFile, unknownPart } from '../../conversation/parts.ts'
import type { Format } from '../../conversation/format.ts'
import { keepMetadata } from '../../conversation/metadata.ts'
import { readTime } from '../../base/read-time.ts'
import { shownBranch } from '../../base/shown-branch.ts'
import type { Conversation, Note } from '../../conversation/transcript.ts'
import { Turns, endedRows } from '../../conversation/turns.ts'
import { readBlocks } from './read-block.ts'
import { settle } from './settle.ts'

/**
 * Messages of Claude's export. A message holds its calls and their results, paired in their order if
 * they have no ids. An attachment's text becomes a file.
 */
class ClaudeConversation implements Conversation {
  readonly #turns = new Turns()
  #calls = 0

  add(value: unknown, bytes: number, note: Note): void {
    const message = asRecord('the message', value)
    const { uuid, sender, text, content, attachments, files, created_at: created } = message
    if (sender !== 'human' && sender !== 'user' && sender !== 'assistant') {
      throw badValue('sender', sender, '"human" or "assistant"')
    }
    const isBlank = content == null || (Array.isArray(content) && content.length === 0)
    if (isBlank && typeof text !== 'string') throw badValue('content', content, 'an array')
    const blocks = isBlank ? text : withoutTimes(content)
    const nextId = () => `call-${++this.#calls}`
    const { parts, results } = readBlocks(blocks, { format: 'claude', nextId, note })
    const row = {
      id: typeof uuid === 'string' ? uuid : undefined,
      parts: [...parts, ...readFiles(attachments, note), ...readFiles(files, note)],
      createdAt: readTime(created, 'ms'),
      metadata: keepMetadata({ model: message['model'] }, {}, note),
      bytes,
    }
    if (sender === 'assistant') this.#turns.step(row, 'always', note)
    else this.#turns.prompt('user', row)
    settle(this.#turns, results, 0, note)
  }

  rows(): ImportedRow[] {
    return endedRows(this.#turns.rows())
  }
}

/** Blocks without the members that only describe how they were streamed and shown. */
function withoutTimes(content: unknown): unknown {
  if (!Array.isArray(content)) return content
  return content.map((block: unknown) => {
    if (!isRecord(block)) return block
    const { start_timestamp: _, stop_timestamp: __, flags: ___, ...rest } = block
    return rest
  })
}

function readFiles(files: unknown, note: Note): unknown[] {
  return (Array.isArray(files) ? files : []).map((file: unknown) => {
    const { file_name: name, extracted_content: content } = isRecord(file) ? file : {}
    if (typeof content === 'string') return textFile(content, name)
    return unknownPart('claude', file, 'a file that is not in the export', note)
  })
}

function branchOf(messages: readonly unknown[], leaf: unknown, note: Note): unknown[] {
  const records = messages.filter((message) => isRecord(message))
  const byId = new Map(records.map((message) => [message['uuid'], message]))
  if (!records.some((message) => byId.has(message['parent_message_uuid']))) return [...messages]
  const branch = shownBranch(byId.get(leaf) ?? records.at(-1), (message) =>
    byId.get(message['parent_message_uuid']),
  )
  if (messages.length > branch.length) note.kept('messages on other branches are left out')
  return branch
}

export const claude: Format = {
  title: 'the export of Claude (conversations.json)',
  isConversation: ({ chat_messages: messages }) => Array.isArray(messages),
  unfold: (
    { chat_messages: messages, name, created_at: created, current_leaf_message_uuid: leaf },
    note,
  ) => {
    const createdAt = readTime(created, 'ms')
    return {
      ...(typeof name === 'string' && name !== '' && { title: name }),
      ...(createdAt !== undefined && { createdAt }),
      messages: branchOf(Array.isArray(messages) ? messages : [], leaf, note),
    }
  },
  conversation: () => new ClaudeConversation(),
}
