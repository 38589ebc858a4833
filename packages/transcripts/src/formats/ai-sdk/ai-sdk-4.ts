import type { ImportedRow } from '@caughtup/store'

import { asRecord, asText, badValue, isRecord } from '../../base/values.ts'
import { filePart, unknownPart } from '../../conversation/parts.ts'
import type { Format } from '../../conversation/format.ts'
import { keepMetadata, providerMetadata } from '../../conversation/metadata.ts'
import { noteOthers } from '../../conversation/remarks.ts'
import { messageTime, withoutTime } from '../../base/read-time.ts'
import type { Conversation, Note } from '../../conversation/transcript.ts'
import { Turns } from '../../conversation/turns.ts'

/**
 * UI messages of the AI SDK 4: with `parts` of that version, and those from before 4.2, which have
 * their text as `content` and their calls as `toolInvocations`. A `data` message is kept, not shown.
 */
class AiSdk4Conversation implements Conversation {
  readonly #turns = new Turns()

  add(value: unknown, bytes: number, note: Note): void {
    const message = asRecord('the message', value)
    const { id, role, content, parts, toolInvocations, reasoning, ...others } = message
    const { experimental_attachments: attachments, ...rest } = others
    if (role !== 'system' && role !== 'user' && role !== 'assistant' && role !== 'data') {
      throw badValue('role', role, '"system", "user", "assistant" or "data"')
    }
    const given = Array.isArray(parts) ? parts : []
    const said =
      given.length > 0
        ? given.flatMap((part, n) => readPart(part, `parts.${n}`, note))
        : [
            ...list('toolInvocations', toolInvocations).map((call, n) =>
              readCall(call, `toolInvocations.${n}`, note),
            ),
            ...(typeof reasoning === 'string' && reasoning !== ''
              ? [{ type: 'reasoning', text: reasoning }]
              : []),
            ...(content == null || content === ''
              ? []
              : [{ type: 'text', text: asText('content', content) }]),
          ]
    const files = list('experimental_attachments', attachments).map((file) =>
      readAttachment(file, note),
    )
    const isData = role === 'data'
    if (said.length + files.length === 0 && content == null && !isData)
      throw badValue('content', content, 'a string')
    const row = {
      id: typeof id === 'string' ? id : undefined,
      parts: isData
        ? [unknownPart('ai-sdk-4', message, 'a message of the role data', note)]
        : [...said, ...files],
      createdAt: messageTime(rest),
      metadata: keepMetadata({}, isData ? {} : withoutTime(rest), note),
      bytes,
    }
    if (role === 'system' || role === 'user') this.#turns.prompt(role, row)
    // Each message is complete: its own id keeps it from being joined with the one before.
    else this.#turns.step(row, 'same-id', note)
  }

  rows(): ImportedRow[] {
    return this.#turns.rows()
  }
}

function list(field: string, value: unknown): unknown[] {
  if (value == null) return []
  if (Array.isArray(value)) return value
  throw badValue(field, value, 'an array')
}

function readPart(value: unknown, field: string, note: Note): unknown[] {
  const part = asRecord(field, value)
  const type = asText(`${field}.type`, part['type'])
  switch (type) {
    case 'text': {
      noteOthers(part, ['type', 'text'], note, 'in text parts, ')
      return [{ type, text: asText(`${field}.text`, part['text']) }]
    }
    case 'reasoning':
      return readReasoning(part, field)
    case 'tool-invocation':
      return [readCall(part['toolInvocation'], `${field}.toolInvocation`, note)]
    case 'source': {
      const {
        id,
        url,
        title,
        providerMetadata: known,
      } = asRecord(`${field}.source`, part['source'])
      const sourceId = typeof id === 'string' ? id : url
      const said = {
        ...(typeof title === 'string' && { title }),
        ...(isRecord(known) && { providerMetadata: known }),
      }
      return [{ type: 'source-url', sourceId, url, ...said }]
    }
    case 'file': {
      const mediaType = asText(`${field}.mimeType`, part['mimeType'])
      return [
        filePart(asText(`${field}.data`, part['data']), { mediaType, filename: part['filename'] }),
      ]
    }
    case 'step-start':
      return [{ type }]
    default:
      return [unknownPart('ai-sdk-4', part, `a part of type ${type}`, note)]
  }
}

function readReasoning({ reasoning, details }: Record<string, unknown>, field: string): unknown[] {
  const known = list(`${field}.details`, details).filter((each) => isRecord(each))
  if (known.length === 0)
    return [{ type: 'reasoning', text: asText(`${field}.reasoning`, reasoning) }]
  return known.map(({ type, text, signature, data: redactedData }) => ({
    type: 'reasoning',
    text: type === 'redacted' ? '' : asText(`${field}.details.text`, text),
    ...providerMetadata('anthropic', { signature, redactedData }),
  }))
}

function readCall(value: unknown, field: string, note: Note): unknown {
  const call = asRecord(field, value)
  const { state, toolCallId, toolName, args, result } = call
  noteOthers(
    call,
    ['state', 'toolCallId', 'toolName', 'args', 'result', 'step'],
    note,
    'of a call, ',
  )
  const head = { type: 'dynamic-tool', toolCallId, toolName }
  switch (state) {
    case 'partial-call':
      return { ...head, state: 'input-streaming', rawInput: JSON.stringify(args ?? {}) }
    case 'call':
      return { ...head, state: 'input-available', input: args ?? {} }
    case 'result':
      return { ...head, state: 'output-available', input: args ?? {}, output: result ?? null }
    default:
      throw badValue(`${field}.state`, state, '"partial-call", "call" or "result"')
  }
}

function readAttachment(value: unknown, note: Note): unknown {
  const { name, contentType, url } = asRecord('experimental_attachments', value)
  if (typeof url !== 'string')
    return unknownPart('ai-sdk-4', value, 'an attachment without a URL', note)
  return filePart(url, {
    mediaType: typeof contentType === 'string' ? contentType : undefined,
    filename: name,
  })
}

const ownParts = new Set(['tool-invocation', 'source'])

export const aiSdk4: Format = {
  title: 'UI messages of the AI SDK 4',
  isMessage: ({ role, content, parts, ...message }) =>
    Array.isArray(message['toolInvocations']) ||
    Array.isArray(message['experimental_attachments']) ||
    (role === 'data' && 'id' in message) ||
    (Array.isArray(parts) &&
      (typeof content === 'string' ||
        parts.some(
          (part) => isRecord(part) && (ownParts.has(String(part['type'])) || 'mimeType' in part),
        ))),
  conversation: () => new AiSdk4Conversation(),
}
