import type { ImportedRow } from '@caughtup/store'

import { asRecord, asText, badValue, isRecord } from '../base/values.ts'
import { filePart, unknownPart } from '../conversation/parts.ts'
import type { Format } from '../conversation/format.ts'
import { keepMetadata } from '../conversation/metadata.ts'
import { readTime } from '../base/read-time.ts'
import { readUsage } from '../base/read-usage.ts'
import { shownBranch } from '../base/shown-branch.ts'
import type { Conversation, Note } from '../conversation/transcript.ts'
import { type TurnInput, Turns, endedRows } from '../conversation/turns.ts'
import { readDetails } from './open-webui-details.ts'
import { addItem } from './openai/responses.ts'

/**
 * Messages of Open WebUI's export. An answer's reasoning and calls are read from its `output`, in
 * older exports from the `<details>` in its text.
 */
class OpenWebUiConversation implements Conversation {
  readonly #turns = new Turns()

  add(value: unknown, bytes: number, note: Note): void {
    const message = asRecord('the message', value)
    const { id, role, content, output, files, sources, model, usage, info, error, timestamp } =
      message
    const failed =
      error == null || error === false
        ? {}
        : { error: { code: 'error', message: textOf(error) }, finishReason: 'error' }
    const about: Omit<TurnInput, 'parts'> = {
      id: typeof id === 'string' ? id : undefined,
      createdAt: readTime(timestamp, 's'),
      metadata: keepMetadata(
        role === 'assistant'
          ? { model, usage: readUsage(usage) ?? readUsage(info), ...failed }
          : {},
        { annotation: message['annotation'] },
        note,
      ),
      bytes,
    }
    const extras = [
      ...list(files).map((file) => readFile(file, note)),
      ...(list(sources).length > 0
        ? [unknownPart('open-webui', { sources }, 'a list of sources', note)]
        : []),
    ]
    if (role === 'user' || role === 'system') {
      const text = asText('content', content)
      this.#turns.prompt(role, {
        ...about,
        parts: [...(text === '' ? [] : [{ type: 'text', text }]), ...extras],
      })
      return
    }
    if (role !== 'assistant') throw badValue('role', role, '"system", "user" or "assistant"')
    const parts =
      list(output).length > 0 ? [] : readDetails(asText('content', content), about.id ?? '')
    this.#turns.step({ ...about, parts: [...parts, ...extras] }, 'same-id', note)
    for (const [index, item] of list(output).entries()) {
      addItem(this.#turns, asRecord(`output.${index}`, item), { bytes: 0 }, 'open-webui', note)
    }
  }

  rows(): ImportedRow[] {
    return endedRows(this.#turns.rows())
  }
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(error: unknown): string {
  const said = isRecord(error) ? (error['content'] ?? error['message']) : error
  return typeof said === 'string' ? said : JSON.stringify(error)
}

function readFile(file: unknown, note: Note): unknown {
  const { type, url, name } = isRecord(file) ? file : {}
  const isHere = typeof url === 'string' && /^(?:data|https?):/.test(url)
  if (isHere && type === 'image') return filePart(url, { filename: name })
  return unknownPart('open-webui', file, 'a file that is not in the export', note)
}

export const openWebUi: Format = {
  title: 'the export of Open WebUI',
  isConversation: ({ chat, history }) =>
    (isRecord(chat) && (isRecord(chat['history']) || Array.isArray(chat['messages']))) ||
    (isRecord(history) && isRecord(history['messages'])),
  unfold: (value, note) => {
    const chat = isRecord(value['chat']) ? value['chat'] : value
    const { history, messages } = chat
    const title = value['title'] ?? chat['title']
    const createdAt = readTime(value['created_at'] ?? chat['timestamp'], 's')
    return {
      ...(typeof title === 'string' && { title }),
      ...(createdAt !== undefined && { createdAt }),
      messages: (isRecord(history) && branchOf(history, note)) || list(messages),
    }
  },
  conversation: () => new OpenWebUiConversation(),
}

function branchOf(
  { messages, currentId }: Record<string, unknown>,
  note: Note,
): unknown[] | undefined {
  const nodes = isRecord(messages) ? messages : {}
  const nodeOf = (id: unknown) => {
    const node = typeof id === 'string' && Object.hasOwn(nodes, id) ? nodes[id] : undefined
    return isRecord(node) ? node : undefined
  }
  const all = Object.keys(nodes)
  const branch = shownBranch(nodeOf(currentId) ?? nodeOf(all.at(-1)), (node) =>
    nodeOf(node['parentId']),
  )
  if (all.length > branch.length) note.kept('messages on other branches are left out')
  return branch.length > 0 ? branch : undefined
}
