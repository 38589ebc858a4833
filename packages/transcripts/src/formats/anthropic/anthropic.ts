import type { ImportedRow } from '@caughtup/store'

import { readFinishReason } from '../../base/read-finish-reason.ts'
import { messageTime, withoutTime } from '../../base/read-time.ts'
import { readUsage } from '../../base/read-usage.ts'
import { asRecord, badValue, isRecord } from '../../base/values.ts'
import type { Format } from '../../conversation/format.ts'
import { keepMetadata } from '../../conversation/metadata.ts'
import type { Conversation, Note } from '../../conversation/transcript.ts'
import { Turns } from '../../conversation/turns.ts'
import { readBlocks } from './read-block.ts'
import { settle } from './settle.ts'

export const anthropic: Format = {
  title: 'messages of Anthropic’s API',
  isMessage: ({ type, content, stop_reason: reason }) =>
    (type === 'message' && reason !== undefined) || (Array.isArray(content) && content.some(isOwn)),
  conversation: () => new AnthropicConversation(),
}

/**
 * Messages of Anthropic's API, including its answers (`type: "message"`, with `stop_reason` and
 * `usage`). A prompt of nothing but tool results does not become a message: the results join their
 * calls, and the answer continues with its next step.
 */
class AnthropicConversation implements Conversation {
  readonly #turns = new Turns()
  #calls = 0

  add(value: unknown, bytes: number, note: Note): void {
    const message = asRecord('the message', value)
    const { id, type, role, content, model, usage, stop_reason: reason, ...others } = message
    if (role !== 'system' && role !== 'user' && role !== 'assistant') {
      throw badValue('role', role, '"system", "user" or "assistant"')
    }
    if (content == null) throw badValue('content', content, 'a string or an array')
    let calls = this.#calls
    const nextId = () => `call-${++calls}`
    const { parts, results } = readBlocks(content, { format: 'anthropic', nextId, note })
    const about = {
      model,
      usage: readUsage(usage) ?? usage,
      finishReason: readFinishReason(reason),
    }
    const isOwn = role === 'assistant' && type === 'message'
    const said = {
      // In this format each step of an answer has its own id.
      id: typeof id === 'string' && !isOwn ? id : undefined,
      parts,
      createdAt: messageTime(others),
      metadata: keepMetadata(about, { ...(isOwn && { id }), ...withoutTime(others) }, note),
      bytes,
    }
    if (role === 'assistant') this.#turns.step(said, 'same-id', note)
    else {
      settle(this.#turns, results, bytes, note)
      if (parts.length > 0 || results.length === 0) this.#turns.prompt(role, said)
    }
    this.#calls = calls
    if (role === 'assistant') settle(this.#turns, results, 0, note)
  }

  rows(): ImportedRow[] {
    return this.#turns.rows()
  }
}

/** Whether a content block has a type or a member that only Anthropic has. */
function isOwn(block: unknown): boolean {
  if (!isRecord(block)) return false
  const type = String(block['type'])
  const hasSource = ['image', 'document'].includes(type) && isRecord(block['source'])
  return (
    hasSource ||
    /(?:^|_)tool_(?:use|result)$/.test(type) ||
    ['thinking', 'redacted_thinking'].includes(type) ||
    'cache_control' in block
  )
}
