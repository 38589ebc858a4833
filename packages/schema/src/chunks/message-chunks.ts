import type { Message } from '../model/message.ts'
import type { DataPart, Part, ToolPart } from '../model/part.ts'
import { blockChunks } from './block-chunks.ts'
import { callChunks, type CallPlace } from './call-chunks.ts'
import { metadataChunks } from './metadata-chunks.ts'
import { isSame } from './same-value.ts'
import { shownApprovalId, shownIds } from './shown-ids.ts'
import type { UiChunk } from './ui-chunk.ts'

/** Of a message, what its chunks say. */
export type Shown = Pick<Message, 'id' | 'parts' | 'metadata'>

/**
 * What a client of the AI SDK must be sent so that it shows `after`, if it was sent what made it show
 * `before`, or nothing. They are the same whichever states lay between, and however these were sent.
 * `undefined` if no chunks can do it, because `after` does not continue `before`: it has another id, or a
 * text was replaced, or parts were removed. From nothing it is always possible, unless calls of two ids
 * have approvals of one id.
 *
 * What it shows then is `after`, but for what these streams have no words for:
 *
 * - A text or reasoning without `state` is `done`, and the `id` of reasoning is the index of the part.
 *   The citations of a text come when it is done.
 * - A tool call has no `dynamic: false`, and the input of a failed one that was not JSON is lost. An
 *   input that streams is parsed as far as it came. A request for approval that nobody answered stays
 *   after the call has failed.
 * - A file has no `filename` and no `providerReference`.
 * - An id of a call or of a data part that an earlier part of the message has is followed by `#` and the
 *   index of the part, and so is the id of the call's approval.
 *
 * The cost is that of the parts that are not the same objects, and a comparison by identity of the
 * others; a text that has grown is compared with what it was.
 */
export function messageChunks(before: Shown | undefined, after: Shown): UiChunk[] | undefined {
  const chunks = before ? continued(before, after) : [started(after)]
  const [was, parts] = [before?.parts ?? [], after.parts]
  if (!chunks || parts.length < was.length) return undefined
  const places = new Places(was, parts)
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]
    if (!part || part === was[index]) continue
    const added = partChunks(was[index], part, index, places)
    if (!added) return undefined
    chunks.push(...added)
  }
  return chunks
}

function started({ id, metadata }: Shown): UiChunk {
  return { type: 'start', messageId: id, messageMetadata: metadata }
}

function continued(before: Shown, after: Shown): UiChunk[] | undefined {
  return before.id === after.id ? metadataChunks(before.metadata, after.metadata) : undefined
}

function partChunks(
  was: Part | undefined,
  part: Part,
  index: number,
  places: Places,
): UiChunk[] | undefined {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return isOfKind(was, part) ? blockChunks(was, part, index) : undefined
    case 'dynamic-tool': {
      const place = places.ofCall(part, index)
      return place && isOfKind(was, part) ? callChunks(was, part, place) : undefined
    }
    case 'file':
    case 'reasoning-file':
    case 'source-url':
    case 'source-document':
    case 'custom':
    case 'step-start': {
      const chunk = wholeChunk(part)
      if (!was) return [chunk]
      return isOfKind(was, part) && isSame(wholeChunk(was), chunk) ? [] : undefined
    }
    default:
      return isOfKind(was, part) ? dataChunks(was, part, places.shownId(index)) : undefined
  }
}

/** Whether the part was of the same type, or was not there. */
function isOfKind<P extends Part>(was: Part | undefined, part: P): was is P | undefined {
  return was === undefined || was.type === part.type
}

type WholePart = Exclude<Part, { type: 'text' | 'reasoning' | 'dynamic-tool' } | DataPart>

/** A part that is said at once. */
function wholeChunk(part: WholePart): UiChunk {
  switch (part.type) {
    case 'step-start':
      return { type: 'start-step' }
    case 'file':
    case 'reasoning-file': {
      const { type, mediaType, url, providerMetadata } = part
      return { type, mediaType, url, ...(providerMetadata && { providerMetadata }) }
    }
    case 'source-url':
    case 'source-document':
    case 'custom':
    default:
      return part
  }
}

/** A client replaces the data part of the same type and id. */
function dataChunks(
  was: DataPart | undefined,
  { type, id, data }: DataPart,
  shownId: string | undefined,
): UiChunk[] | undefined {
  if (was && was.id !== id) return undefined
  if (was && isSame(was.data, data)) return []
  if (was && id === undefined) return undefined
  return [{ type, ...(shownId !== undefined && { id: shownId }), data }]
}

/** Where the parts of a message are in the client's. What it holds is worked out when it is asked for. */
class Places {
  readonly #was: readonly Part[]
  readonly #parts: readonly Part[]
  #shown: readonly (string | undefined)[] | undefined

  constructor(was: readonly Part[], parts: readonly Part[]) {
    this.#was = was
    this.#parts = parts
  }

  shownId(index: number): string | undefined {
    this.#shown ??= shownIds(this.#parts)
    return this.#shown[index]
  }

  /** `undefined` if the client would take another call's approval for that of this one. */
  ofCall({ toolCallId }: ToolPart, index: number): CallPlace | undefined {
    const id = this.shownId(index) ?? toolCallId
    const approvalId = this.#approvalId(index)
    for (let other = 0; approvalId !== undefined && other < index; other++) {
      if (this.#approvalId(other) === approvalId) return undefined
    }
    const step = this.#was.findLastIndex(({ type }) => type === 'step-start')
    return { id, approvalId: approvalId ?? id, inStep: index > step }
  }

  #approvalId(index: number): string | undefined {
    const call = this.#parts[index]
    if (call?.type !== 'dynamic-tool' || !('approval' in call) || !call.approval) return undefined
    return shownApprovalId(call.approval.id, this.shownId(index) !== call.toolCallId, index)
  }
}
