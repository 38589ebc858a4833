import type { ImportedRow } from '@caughtup/store'

import { asRecord, asText, badValue, isRecord } from '../../base/values.ts'
import { filePart, unknownPart } from '../../conversation/parts.ts'
import type { Format } from '../../conversation/format.ts'
import { keepMetadata } from '../../conversation/metadata.ts'
import { messageTime, withoutTime } from '../../base/read-time.ts'
import type { Conversation, Note } from '../../conversation/transcript.ts'
import { type Answer, Turns } from '../../conversation/turns.ts'

/**
 * Model messages of the AI SDK, which version 4 called core messages. Provider options become provider
 * metadata.
 */
class ModelConversation implements Conversation {
  readonly #turns = new Turns()
  /** The call of each approval, by the approval's id. */
  readonly #approvals = new Map<string, string>()

  add(value: unknown, bytes: number, note: Note): void {
    const message = asRecord('the message', value)
    const { id, role, content, ...others } = message
    if (content == null) throw badValue('content', content, 'a string or an array')
    const list = typeof content === 'string' ? textParts(content) : content
    if (!Array.isArray(list)) throw badValue('content', content, 'a string or an array')
    const given = list.map((part, index) => asRecord(`content.${index}`, part))
    const isLater = ({ type }: Record<string, unknown>) =>
      type === 'tool-result' ||
      type === 'tool-approval-request' ||
      type === 'tool-approval-response'
    const said = {
      id: typeof id === 'string' ? id : undefined,
      parts: given
        .filter((part) => !isLater(part))
        .map((part, index) => readPart(part, `content.${index}`, note)),
      createdAt: messageTime(others),
      metadata: keepMetadata({}, withoutTime(others), note),
      bytes,
    }
    this.#assertCalls(given.filter(isLater), given)
    switch (role) {
      case 'system':
      case 'user':
        this.#turns.prompt(role, said)
        break
      case 'assistant':
        this.#turns.step(said, 'same-id', note)
        break
      case 'tool':
        if (said.parts.length > 0) throw badValue('content', content, 'an array of results')
        break
      default:
        throw badValue('role', role, '"system", "user", "assistant" or "tool"')
    }
    for (const part of given.filter(isLater)) this.#settle(part)
  }

  rows(): ImportedRow[] {
    return this.#turns.rows()
  }

  /** Checks before anything is added that every result has a call, here or in an earlier message. */
  #assertCalls(
    later: readonly Record<string, unknown>[],
    given: readonly Record<string, unknown>[],
  ): void {
    const made = given.flatMap(({ type, toolCallId: id }) => (type === 'tool-call' ? id : []))
    for (const { toolCallId: id } of later.filter((part) => 'toolCallId' in part)) {
      if (made.includes(id) || this.#turns.call(asText('toolCallId', id))) continue
      throw badValue('toolCallId', id, 'the id of an earlier call without a result')
    }
  }

  #settle(part: Record<string, unknown>): void {
    if (part['type'] === 'tool-approval-request') {
      const id = asText('toolCallId', part['toolCallId'])
      const approval = asText('approvalId', part['approvalId'])
      this.#turns.change(id, { state: 'approval-requested', approval: { id: approval } }, 0)
      this.#approvals.set(approval, id)
      return
    }
    if (part['type'] === 'tool-approval-response') {
      const approval = asText('approvalId', part['approvalId'])
      const { approved, reason } = part
      const said = { id: approval, approved, ...(typeof reason === 'string' && { reason }) }
      const id = this.#approvals.get(approval) ?? approval
      this.#turns.change(id, { state: 'approval-responded', approval: said }, 0)
      return
    }
    const id = asText('toolCallId', part['toolCallId'])
    const { providerOptions, providerMetadata = providerOptions } = part
    const extra = isRecord(providerMetadata) ? { resultProviderMetadata: providerMetadata } : {}
    const { output } = part
    if (isRecord(output) && output['type'] === 'execution-denied') {
      const reason = typeof output['reason'] === 'string' ? { reason: output['reason'] } : {}
      this.#turns.deny(id, reason)
      return
    }
    this.#turns.answer(id, answerOf(part), 0, extra)
  }
}

function answerOf({ output, result, isError }: Record<string, unknown>): Answer {
  const known = isRecord(output) && typeof output['type'] === 'string' ? output : undefined
  const value = known ? (known['value'] ?? null) : (result ?? output ?? null)
  const failed = isError === true || String(known?.['type']).startsWith('error-')
  return failed
    ? { errorText: typeof value === 'string' ? value : JSON.stringify(value) }
    : { output: value }
}

function readPart(part: Record<string, unknown>, field: string, note: Note): unknown {
  const { providerOptions, providerMetadata = providerOptions } = part
  const said = isRecord(providerMetadata) ? { providerMetadata } : {}
  switch (part['type']) {
    case 'text':
    case 'reasoning': {
      const { signature } = part
      const signed =
        typeof signature === 'string' ? { providerMetadata: { anthropic: { signature } } } : {}
      return { type: part['type'], text: asText(`${field}.text`, part['text']), ...signed, ...said }
    }
    case 'redacted-reasoning':
      return {
        type: 'reasoning',
        text: '',
        providerMetadata: { anthropic: { redactedData: part['data'] } },
      }
    case 'custom':
      return { type: 'custom', kind: part['kind'], ...said }
    case 'tool-call': {
      const { toolCallId, toolName, args, input = args, providerExecuted } = part
      return {
        type: 'dynamic-tool',
        toolCallId,
        toolName,
        state: 'input-available',
        input: input ?? {},
        ...(providerExecuted === true && { providerExecuted }),
        ...(isRecord(providerMetadata) && { callProviderMetadata: providerMetadata }),
      }
    }
    case 'image':
    case 'file':
    case 'reasoning-file':
      return (
        readFile(part, said) ?? unknownPart('model', part, 'a file whose bytes are not here', note)
      )
    default:
      return unknownPart('model', part, `a part of type ${String(part['type'])}`, note)
  }
}

function readFile(part: Record<string, unknown>, said: Record<string, unknown>): unknown {
  const { image, data = image, mimeType, mediaType = mimeType, filename } = part
  const inner = isRecord(data) ? (data['url'] ?? data['data'] ?? data['text']) : data
  const type =
    typeof mediaType === 'string' ? mediaType : image === undefined ? undefined : 'image/*'
  const bytes = bytesOf(inner) ?? bytesOf(data)
  const content = typeof inner === 'string' ? inner : bytes && Buffer.from(bytes).toString('base64')
  if (content === undefined) return undefined
  const { filename: name, ...file } = filePart(content, { mediaType: type, filename })
  const isReasoning = part['type'] === 'reasoning-file'
  return {
    ...file,
    ...(isReasoning ? { type: 'reasoning-file' } : name !== undefined && { filename: name }),
    ...said,
  }
}

/** Bytes in the JSON form of a `Buffer` or a `Uint8Array`. */
function bytesOf(value: unknown): number[] | undefined {
  const list: unknown = isRecord(value)
    ? value['type'] === 'Buffer'
      ? value['data']
      : Object.values(value)
    : value
  return Array.isArray(list) && list.length > 0 && list.every((each) => typeof each === 'number')
    ? list
    : undefined
}

/** Leaves out empty texts. */
function textParts(text: string): unknown[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

const ownParts =
  /^(?:tool-call|tool-result|tool-approval-(?:request|response)|reasoning|reasoning-file|redacted-reasoning|custom)$/

function isOwn(part: unknown): boolean {
  if (!isRecord(part)) return false
  const isFile = part['type'] === 'file' && ('mediaType' in part || 'mimeType' in part)
  const isImage = part['type'] === 'image' && 'image' in part
  return isFile || isImage || 'providerOptions' in part || ownParts.test(String(part['type']))
}

export const model: Format = {
  title: 'model messages of the AI SDK, of version 4 (core messages) too',
  isMessage: ({ content, ...message }) =>
    'providerOptions' in message || (Array.isArray(content) && content.some(isOwn)),
  conversation: () => new ModelConversation(),
}
