import type { ImportedRow } from '@caughtup/store'

import { asRecord, badValue, isRecord } from '../../base/values.ts'
import type { Format } from '../../conversation/format.ts'
import { keepMetadata, providerMetadata } from '../../conversation/metadata.ts'
import { readFinishReason } from '../../base/read-finish-reason.ts'
import { readTime } from '../../base/read-time.ts'
import { shownBranch } from '../../base/shown-branch.ts'
import type { Conversation, Note } from '../../conversation/transcript.ts'
import { type TurnInput, Turns, endedRows } from '../../conversation/turns.ts'
import { unknownPart } from '../../conversation/parts.ts'
import { readToolText } from './tool-text.ts'

/**
 * Messages of ChatGPT's export. A message of the assistant to a tool (`recipient`) becomes a call, and
 * the tool's next message its result; everything up to the next prompt is one answer. Hidden messages,
 * such as custom instructions, are left out.
 */
class ChatGptConversation implements Conversation {
  readonly #turns = new Turns()

  add(value: unknown, bytes: number, note: Note): void {
    const message = asRecord('the message', value)
    const {
      id,
      author,
      create_time: created,
      content: given,
      metadata,
      recipient = 'all',
    } = message
    const { role, name } = asRecord('author', author)
    const content = asRecord('content', given)
    const about = isRecord(metadata) ? metadata : {}
    const isHidden = about['is_visually_hidden_from_conversation'] === true
    // A tool's content becomes the result of its call, unchanged.
    const parts = role === 'tool' ? [content] : readContent(content, about, note)
    if (isHidden || (parts.length === 0 && role !== 'user')) {
      if (parts.length > 0) note.kept('hidden messages, such as custom instructions, are left out')
      return
    }
    const finish = isRecord(about['finish_details']) ? about['finish_details']['type'] : undefined
    const said: TurnInput = {
      id: typeof id === 'string' ? id : undefined,
      parts,
      createdAt: readTime(created, 's'),
      metadata: keepMetadata(
        role === 'assistant'
          ? { model: about['model_slug'], finishReason: readFinishReason(finish) }
          : {},
        { attachments: about['attachments'] },
        note,
      ),
      bytes,
    }
    switch (role) {
      case 'system':
      case 'user':
        this.#turns.prompt(role, said)
        return
      case 'assistant':
        if (recipient === 'all' || recipient === null) this.#turns.step(said, 'always', note)
        else
          this.#turns.step(
            { ...said, parts: [call(id, recipient, textOf(content))] },
            'always',
            note,
          )
        return
      case 'tool':
        this.#addAnswer(said, name, content, note)
        return
      default:
        throw badValue('author.role', role, '"system", "user", "assistant" or "tool"')
    }
  }

  rows(): ImportedRow[] {
    return endedRows(this.#turns.rows())
  }

  /** A result without an open call, of a tool that ran unasked or again, becomes a call with a result. */
  #addAnswer(said: TurnInput, name: unknown, content: Record<string, unknown>, note: Note): void {
    const toolName = typeof name === 'string' && name !== '' ? name : 'tool'
    const waiting = this.#turns.waiting(toolName) ?? this.#turns.waiting()
    if (waiting === undefined) {
      this.#turns.step({ ...said, parts: [call(said.id, toolName, null)] }, 'always', note)
    }
    const id = waiting ?? String(said.id)
    const text = textOf(content)
    this.#turns.answer(
      id,
      { output: typeof text === 'string' ? readToolText(text) : content },
      said.bytes,
    )
  }
}

function call(id: unknown, toolName: unknown, input: unknown): unknown {
  const text = typeof input === 'string' ? readToolText(input) : (input ?? {})
  return { type: 'dynamic-tool', toolCallId: id, toolName, state: 'input-available', input: text }
}

function textOf({ text, result, parts }: Record<string, unknown>): unknown {
  const own = text ?? result
  if (typeof own === 'string') return own
  return Array.isArray(parts) && parts.every((part) => typeof part === 'string')
    ? parts.join('\n')
    : undefined
}

function readContent(
  content: Record<string, unknown>,
  about: Record<string, unknown>,
  note: Note,
): unknown[] {
  const { content_type: type, parts, text, thoughts, language } = content
  const { citations, content_references: references } = about
  switch (type) {
    case 'text':
    case 'multimodal_text':
      return listOf(parts).flatMap((part): unknown[] => {
        if (typeof part === 'string') {
          return part === ''
            ? []
            : [
                {
                  type: 'text',
                  text: part,
                  ...providerMetadata('chatgpt', { citations, references }),
                },
              ]
        }
        const spoken =
          isRecord(part) && part['content_type'] === 'audio_transcription'
            ? part['text']
            : undefined
        if (typeof spoken === 'string') return [{ type: 'text', text: spoken }]
        return [unknownPart('chatgpt', part, 'a file that is not in the export', note)]
      })
    case 'code': {
      const fence = typeof language === 'string' && language !== 'unknown' ? language : ''
      return [{ type: 'text', text: `\`\`\`${fence}\n${String(text)}\n\`\`\`` }]
    }
    case 'thoughts':
      return listOf(thoughts).flatMap((thought): unknown[] => {
        if (!isRecord(thought)) return []
        const said = [thought['summary'], thought['content']].filter(
          (each) => typeof each === 'string' && each !== '',
        )
        return said.length === 0 ? [] : [{ type: 'reasoning', text: said.join('\n\n') }]
      })
    case 'reasoning_recap':
      return [unknownPart('chatgpt', content, 'how long the model thought', note)]
    default:
      return [unknownPart('chatgpt', content, `content of type ${String(type)}`, note)]
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** The messages of the shown branch, oldest first. */
function branchOf(
  { mapping, current_node: current }: Readonly<Record<string, unknown>>,
  note: Note,
): unknown[] {
  const nodes = asRecord('mapping', mapping)
  const nodeOf = (id: unknown) => {
    const node = typeof id === 'string' && Object.hasOwn(nodes, id) ? nodes[id] : undefined
    return isRecord(node) ? node : undefined
  }
  const ids = Object.keys(nodes)
  const leaf = nodeOf(current) ?? nodeOf(ids.findLast((id) => isEnd(nodeOf(id))))
  const branch = shownBranch(leaf, (node) => nodeOf(node['parent']))
  const messages = branch.flatMap(({ message }) => (isRecord(message) ? [message] : []))
  const all = ids.filter((id) => isRecord(nodeOf(id)?.['message'])).length
  if (all > messages.length) note.kept('messages on other branches are left out')
  return messages
}

function isEnd(node: Record<string, unknown> | undefined): boolean {
  return !Array.isArray(node?.['children']) || node['children'].length === 0
}

export const chatgpt: Format = {
  title: 'the export of ChatGPT (conversations.json)',
  isConversation: ({ mapping }) => isRecord(mapping),
  unfold: (conversation, note) => {
    const { title, create_time: created } = conversation
    const createdAt = readTime(created, 's')
    return {
      ...(typeof title === 'string' && { title }),
      ...(createdAt !== undefined && { createdAt }),
      messages: branchOf(conversation, note),
    }
  },
  conversation: () => new ChatGptConversation(),
}
