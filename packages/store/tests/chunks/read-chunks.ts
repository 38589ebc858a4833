import type { Message, Part } from '@caughtup/schema'
import type { UiChunk } from '@caughtup/schema/chunks'
import { readUIMessageStream, type UIMessage } from 'ai'

/** The message that a client of the AI SDK shows after these chunks. */
export async function readChunks(chunks: readonly UiChunk[]): Promise<object | undefined> {
  let message: UIMessage | undefined
  // A client draws when content comes: the last chunk has it draw the start of a step, too.
  const drawn: UiChunk = { type: 'message-metadata', messageMetadata: {} }
  const stream = ReadableStream.from([...chunks, drawn].map((chunk) => structuredClone(chunk)))
  for await (const state of readUIMessageStream({ stream, terminateOnError: true })) message = state
  return message && { ...message, parts: message.parts.map(readPart) }
}

/** What the documentation of `messageChunks` says that a client shows. */
export function shownOf({ id, parts, metadata }: Message) {
  return { id, role: 'assistant', metadata, parts: parts.map((part) => shownPart(part, parts)) }
}

function shownPart(part: Part, parts: readonly Part[]): object {
  const index = parts.indexOf(part)
  switch (part.type) {
    case 'text': {
      const { citations, state = 'done', ...text } = part
      return { ...text, state, ...(state === 'done' && citations && { citations }) }
    }
    case 'reasoning': {
      const { state = 'done', ...reasoning } = part
      return { ...reasoning, state, id: `${index}` }
    }
    case 'file': {
      const { filename: _, providerReference: __, ...file } = part
      return file
    }
    case 'dynamic-tool': {
      const { dynamic: _, toolCallId, ...call } = part
      const ids = parts.map((each) => ('toolCallId' in each ? each.toolCallId : undefined))
      const shown = shownId(toolCallId, ids, index)
      const end = shown.slice(toolCallId.length)
      return withoutRest({ ...call, toolCallId: shown }, (approvalId) => `${approvalId}${end}`)
    }
    case 'reasoning-file':
    case 'source-url':
    case 'source-document':
    case 'custom':
    case 'step-start':
      return part
    default: {
      if (part.id === undefined) return part
      const ids = parts.map((each) => (each.type === part.type ? each.id : undefined))
      return { ...part, id: shownId(part.id, ids, index) }
    }
  }
}

function shownId(id: string, ids: readonly (string | undefined)[], index: number): string {
  return ids.indexOf(id) < index ? `${id}#${index}` : id
}

function readPart(part: UIMessage['parts'][number]): object {
  return part.type === 'dynamic-tool' ? withoutRest(part, (id) => id) : part
}

/** A call without what the client parsed or kept of its input, and without a request that was not answered. */
function withoutRest(call: object, approvalId: (id: string) => string): object {
  const { rawInput, input, inputEncoding, approval, ...rest }: Record<string, unknown> = { ...call }
  const { state } = rest
  if (state === 'input-streaming')
    return { ...rest, inputEncoding, rawInput: rawInput || undefined }
  if (!isApproval(approval)) return { ...rest, input, approval }
  const isLeft = String(state).startsWith('output') && approval.approved === undefined
  return {
    ...rest,
    input,
    approval: isLeft ? undefined : { ...approval, id: approvalId(approval.id) },
  }
}

function isApproval(value: unknown): value is { id: string; approved?: boolean } {
  return typeof value === 'object' && value !== null && 'id' in value
}
