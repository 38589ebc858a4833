import type { ImportedRow } from '@caughtup/store'

import { asRecord, asText, badValue, isRecord } from '../base/values.ts'
import type { Format } from '../conversation/format.ts'
import { keepMetadata } from '../conversation/metadata.ts'
import { readFinishReason } from '../base/read-finish-reason.ts'
import { readTime } from '../base/read-time.ts'
import { shownBranch } from '../base/shown-branch.ts'
import type { Conversation, Note } from '../conversation/transcript.ts'
import { Turns, endedRows } from '../conversation/turns.ts'
import { unknownPart } from '../conversation/parts.ts'
import { readContent } from './openai/content.ts'
import { readToolText } from './openai/tool-text.ts'

/** Messages of LibreChat's export, in which a call has its output beside it. */
class LibreChatConversation implements Conversation {
  readonly #turns = new Turns()
  #calls = 0

  add(value: unknown, bytes: number, note: Note): void {
    const message = asRecord('the message', value)
    const { messageId, isCreatedByUser, sender, text, content, model, error, createdAt } = message
    const isUser =
      isCreatedByUser === true || (isCreatedByUser === undefined && /^user$/i.test(String(sender)))
    const blocks = Array.isArray(content) && content.length > 0 ? content : undefined
    if (!blocks && typeof text !== 'string') throw badValue('text', text, 'a string')
    const parts = blocks
      ? blocks.map((block, index) => this.#read(block, `content.${index}`, note))
      : readContent(text, note)
    const files = [message['files'], message['attachments']].flatMap((each) =>
      Array.isArray(each) ? each : [],
    )
    const failed = error === true ? 'error' : readFinishReason(message['finish_reason'])
    const row = {
      id: typeof messageId === 'string' ? messageId : undefined,
      parts: [
        ...parts,
        ...files.map((file) =>
          unknownPart('librechat', file, 'a file that is not in the export', note),
        ),
      ],
      createdAt: readTime(createdAt, 'ms'),
      metadata: keepMetadata(
        isUser
          ? {}
          : { model, finishReason: message['unfinished'] === true ? 'interrupted' : failed },
        { ...(!isUser && { sender }), feedback: message['feedback'] },
        note,
      ),
      bytes,
    }
    if (isUser) this.#turns.prompt('user', row)
    else this.#turns.step(row, 'same-id', note)
  }

  rows(): ImportedRow[] {
    return endedRows(this.#turns.rows())
  }

  #read(value: unknown, field: string, note: Note): unknown {
    const block = asRecord(field, value)
    const { type, text, think, tool_call: call } = block
    switch (type) {
      case 'text':
        return { type, text: asText(`${field}.text`, isRecord(text) ? text['value'] : text) }
      case 'think':
        return {
          type: 'reasoning',
          text: asText(`${field}.think`, isRecord(think) ? think['value'] : think),
        }
      case 'tool_call':
        return this.#call(asRecord(`${field}.tool_call`, call))
      case 'error':
        return {
          type: 'text',
          text: asText(`${field}.error`, isRecord(text) ? text['value'] : (block['error'] ?? text)),
        }
      case 'image_url':
        return readContent([block], note)[0]
      default:
        return unknownPart('librechat', block, `content of type ${String(type)}`, note)
    }
  }

  #call(call: Record<string, unknown>): unknown {
    const inner = isRecord(call['function']) ? call['function'] : call
    const { name, arguments: given, args = given, output } = inner
    const { id } = call
    const head = {
      type: 'dynamic-tool',
      toolCallId: typeof id === 'string' && id !== '' ? id : `call-${++this.#calls}`,
      toolName: typeof name === 'string' && name !== '' ? name : 'tool',
      input: args === '' ? {} : typeof args === 'string' ? readToolText(args) : (args ?? {}),
    }
    if (output == null) return { ...head, state: 'input-available' }
    return {
      ...head,
      state: 'output-available',
      output: typeof output === 'string' ? readToolText(output) : output,
    }
  }
}

/** The branch of the newest answers. */
function branchOf(given: readonly unknown[], note: Note): unknown[] {
  const messages: Record<string, unknown>[] = []
  const parents = new Map<Record<string, unknown>, Record<string, unknown>>()
  const gather = (some: readonly unknown[], parent?: Record<string, unknown>) => {
    for (const message of some) {
      if (!isRecord(message)) continue
      messages.push(message)
      if (parent) parents.set(message, parent)
      if (Array.isArray(message['children'])) gather(message['children'], message)
    }
  }
  gather(given)
  const byId = new Map(messages.map((message) => [message['messageId'], message]))
  const parentOf = (message: Record<string, unknown>) =>
    parents.get(message) ?? byId.get(message['parentMessageId'])
  if (!messages.some((message) => parentOf(message))) return [...given]
  const lastChild = new Map(messages.map((message) => [parentOf(message), message]))
  let leaf = lastChild.get(undefined)
  for (
    let next = leaf, steps = 0;
    next && steps <= messages.length;
    next = lastChild.get(next), steps++
  )
    leaf = next
  const branch = shownBranch(leaf, parentOf)
  if (messages.length > branch.length) note.kept('messages on other branches are left out')
  return branch
}

function isOwn(message: unknown): boolean {
  return (
    isRecord(message) &&
    typeof message['messageId'] === 'string' &&
    ('isCreatedByUser' in message || 'sender' in message)
  )
}

export const librechat: Format = {
  title: 'the export of LibreChat',
  isMessage: isOwn,
  isConversation: ({ messagesTree, messages = messagesTree }) =>
    Array.isArray(messages) && messages.some(isOwn),
  unfold: ({ messagesTree, messages = messagesTree, title }, note) => ({
    ...(typeof title === 'string' && { title }),
    messages: branchOf(Array.isArray(messages) ? messages : [], note),
  }),
  conversation: () => new LibreChatConversation(),
}
