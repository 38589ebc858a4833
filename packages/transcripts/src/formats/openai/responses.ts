import type { ImportedRow } from '@caughtup/store'

import { asRecord, asText, badValue, isRecord } from '../../base/values.ts'
import { filePart, unknownPart } from '../../conversation/parts.ts'
import type { Format } from '../../conversation/format.ts'
import type { TranscriptFormat } from '../../conversation/transcript.ts'
import { keepMetadata, providerMetadata } from '../../conversation/metadata.ts'
import { messageTime, readTime, withoutTime } from '../../base/read-time.ts'
import { noteOthers } from '../../conversation/remarks.ts'
import { readFinishReason } from '../../base/read-finish-reason.ts'
import { readUsage } from '../../base/read-usage.ts'
import type { Conversation, Note } from '../../conversation/transcript.ts'
import { type TurnInput, Turns } from '../../conversation/turns.ts'
import { readToolText } from './tool-text.ts'

/**
 * Items of OpenAI's Responses API, and whole responses. All items between two prompts become one
 * answer. Item ids, encrypted reasoning and annotations become provider metadata, where the AI SDK's
 * provider looks for them.
 */
class ResponsesConversation implements Conversation {
  readonly #turns = new Turns()

  add(value: unknown, bytes: number, note: Note): void {
    const item = asRecord('the item', value)
    if (item['object'] === 'response') this.#addResponse(item, bytes, note)
    else addItem(this.#turns, item, { bytes }, 'responses', note)
  }

  rows(): ImportedRow[] {
    return this.#turns.rows()
  }

  #addResponse(response: Record<string, unknown>, bytes: number, note: Note): void {
    const { id: foreignId, created_at: created, model, usage, status, output } = response
    if (!Array.isArray(output)) throw badValue('output', output, 'an array')
    const about = { model, usage: readUsage(usage), finishReason: readFinishReason(status) }
    const metadata = keepMetadata(about, { id: foreignId }, note)
    const createdAt = readTime(created, 's')
    for (const [index, item] of output.entries()) {
      const said = { bytes: index === 0 ? bytes : 0, ...(index === 0 && { metadata, createdAt }) }
      addItem(this.#turns, asRecord(`output.${index}`, item), said, 'responses', note)
    }
  }
}

/**
 * Adds an item to a conversation.
 *
 * @throws CaughtupError `BAD_INPUT`
 */
export function addItem(
  turns: Turns,
  item: Record<string, unknown>,
  about: Omit<TurnInput, 'parts'>,
  format: TranscriptFormat,
  note: Note,
): void {
  const type = asText('type', item['type'] ?? 'message')
  const callId = item['call_id'] ?? item['id']
  if (type === 'message') addMessage(turns, item, about, format, note)
  else if (type === 'item_reference') throw badValue('type', type, 'an item that the file contains')
  else if (type.endsWith('_output')) {
    turns.answer(asText('call_id', callId), { output: outputOf(item['output']) }, about.bytes)
    noteOthers(item, ['type', 'id', 'call_id', 'output', 'status'], note, 'of an output, ')
  } else {
    const parts = type === 'reasoning' ? readReasoning(item) : [readCall(item, type, format, note)]
    turns.step({ ...about, parts }, 'always', note)
    // The call of a provider's tool has its result in the same item.
    const own = parts.find((part) => isRecord(part) && part['providerExecuted'] === true)
    if (own === undefined) return
    const { results, outputs = results, output = outputs, result = output, error } = item
    const answer =
      error == null
        ? { output: result ?? item['action'] ?? null }
        : { errorText: JSON.stringify(error) }
    turns.answer(asText('id', callId), answer, 0)
  }
}

function addMessage(
  turns: Turns,
  { type: _, id, role, content, status: __, phase, ...others }: Record<string, unknown>,
  about: Omit<TurnInput, 'parts'>,
  format: TranscriptFormat,
  note: Note,
): void {
  if (content == null) throw badValue('content', content, 'a string or an array')
  const list: unknown =
    typeof content === 'string'
      ? content === ''
        ? []
        : [{ type: 'text', text: content }]
      : content
  if (!Array.isArray(list)) throw badValue('content', content, 'a string or an array')
  const isAnswer = role === 'assistant'
  const itemId = isAnswer ? id : undefined
  const parts = list.map((part, index) =>
    readContent(part, `content.${index}`, { itemId, phase }, format, note),
  )
  const metadata = keepMetadata({ ...about.metadata }, withoutTime(others), note)
  const said = {
    ...about,
    id: isAnswer ? about.id : typeof id === 'string' ? id : about.id,
    parts,
    metadata,
    createdAt: about.createdAt ?? messageTime(others),
  }
  if (isAnswer) turns.step(said, 'always', note)
  else if (role === 'user' || role === 'system' || role === 'developer') {
    turns.prompt(role === 'user' ? 'user' : 'system', said)
  } else throw badValue('role', role, '"system", "developer", "user" or "assistant"')
}

function readContent(
  value: unknown,
  field: string,
  about: Record<string, unknown>,
  format: TranscriptFormat,
  note: Note,
): unknown {
  const { type, ...part } = asRecord(field, value)
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'refusal': {
      const { refusal, text = refusal, ...others } = part
      return {
        type: 'text',
        text: asText(`${field}.text`, text),
        ...providerMetadata('openai', { ...about, ...others }),
      }
    }
    case 'input_image':
    case 'input_file': {
      const {
        image_url: image,
        file_data: data,
        file_url: url,
        filename,
        detail: imageDetail,
        ...others
      } = part
      const source = image ?? data ?? url
      if (typeof source !== 'string') break
      const mediaType =
        source.startsWith('data:') || image != null ? undefined : 'application/octet-stream'
      return {
        ...filePart(source, { mediaType, filename }),
        ...providerMetadata('openai', { imageDetail, ...others }),
      }
    }
    default:
  }
  return unknownPart(format, { type, ...part }, `content of type ${String(type)}`, note)
}

/** One part for each summary, as the AI SDK makes them. */
function readReasoning(item: Record<string, unknown>): unknown[] {
  const { id: itemId, summary, content, encrypted_content: reasoningEncryptedContent } = item
  const texts = [summary, content]
    .flat()
    .flatMap((each) => (isRecord(each) && typeof each['text'] === 'string' ? [each['text']] : []))
  const said = providerMetadata('openai', { itemId, reasoningEncryptedContent })
  return (texts.length > 0 ? texts : ['']).map((text) => ({ type: 'reasoning', text, ...said }))
}

/** The member in which the call of a provider's tool has its result. */
const answers = new Set(['output', 'outputs', 'result', 'results', 'error'])

function readCall(
  item: Record<string, unknown>,
  type: string,
  format: TranscriptFormat,
  note: Note,
): unknown {
  if (!type.endsWith('_call')) return unknownPart(format, item, `an item of type ${type}`, note)
  const {
    type: _,
    id: itemId,
    call_id: callId,
    name,
    arguments: given,
    input,
    status: __,
    ...others
  } = item
  const asked = Object.fromEntries(Object.entries(others).filter(([name]) => !answers.has(name)))
  const isOwn = callId == null
  const text = given ?? input
  return {
    type: 'dynamic-tool',
    toolCallId: callId ?? itemId,
    toolName: typeof name === 'string' ? name : type.replace(/_call$/, ''),
    state: 'input-available',
    input:
      given === ''
        ? {}
        : typeof text === 'string'
          ? given == null
            ? text
            : readToolText(text)
          : (text ?? asked),
    ...(isOwn && { providerExecuted: true }),
    ...providerMetadata('openai', { itemId, ...(text != null && asked) }, 'callProviderMetadata'),
  }
}

function outputOf(output: unknown): unknown {
  if (typeof output === 'string') return readToolText(output)
  if (!Array.isArray(output)) return output ?? null
  const texts = output.map((part) => (isRecord(part) ? part['text'] : undefined))
  return texts.every((text) => typeof text === 'string') ? readToolText(texts.join('')) : output
}

const ownContent = /^(?:input|output)_(?:text|image|file)$/
const ownItems =
  /^(?:reasoning|item_reference|compaction|mcp_list_tools|mcp_approval_\w+|\w+_call|\w+_call_output)$/

export const responses: Format = {
  title: 'items and responses of OpenAI’s Responses API',
  isMessage: ({ type, role, object, content }) =>
    object === 'response' ||
    (role === undefined && ownItems.test(String(type))) ||
    (Array.isArray(content) &&
      content.some((part) => isRecord(part) && ownContent.test(String(part['type'])))),
  isConversation: ({ input, messages }) => messages === undefined && Array.isArray(input),
  unfold: ({ input, instructions, output, ...others }, note) => {
    noteOthers(others, [], note, 'in the conversation, ')
    const first =
      typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : []
    return { messages: [first, input, output ?? []].flat() }
  },
  conversation: () => new ResponsesConversation(),
}
