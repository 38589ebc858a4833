import type { Message, MessageMetadata, Op, Part, ToolPart } from '@caughtup/schema'

import { customField, storedObject } from '../../input/assert-limits.ts'
import { isStored, storedPart } from '../../input/stored-value.ts'

/** The members of a message that an update can change while it is open. */
export type MessageState = Pick<Message, 'parts' | 'metadata'>

/**
 * - `ops`: parts only grew, changed or were added, and of the metadata at most `custom` is another;
 *   none for equal states. `parts` is the earlier state with the ops applied.
 * - `whole`: there are fewer parts, no `custom` any more or other metadata, which ops cannot express
 */
export type MessageDiff = { structural: boolean } & ({ ops: Op[]; parts: Part[] } | { whole: true })

/**
 * The smallest change from one state of a message to the next: text that only grew is appended,
 * other parts that differ are put, other metadata of the host are set. `structural` marks changes that readers must see at once: a tool
 * call added or removed, its input or result complete, the end of reasoning, an error.
 *
 * @throws CaughtupError `BAD_INPUT` for a part or metadata that could not be read back
 */
export function diffMessage(before: MessageState, after: MessageState): MessageDiff {
  const structural =
    (after.metadata.error !== undefined && before.metadata.error === undefined) ||
    after.parts.some((part, index) => isStep(before.parts[index], part)) ||
    lacksCall(before.parts, after.parts)
  const { custom: known, ...knownRest } = before.metadata
  const { custom, ...rest } = after.metadata
  const isLess =
    after.parts.length < before.parts.length || (known !== undefined && custom === undefined)
  if (isLess || !isStored(knownRest, rest)) return { whole: true, structural }
  const ops: Op[] = []
  if (custom !== undefined && !isStored(known, custom)) {
    ops.push({ op: 'custom', value: storedObject(customField, custom) })
  }
  const parts = after.parts.map((part, index) => diffPart(before.parts[index], part, index, ops))
  return { ops, parts, structural }
}

/** Splits the metadata of a finished message into the members of its finish and the rest. */
export function splitMetadata(metadata: MessageMetadata) {
  const { finishedAt: _, finishReason, usage, contextUsage, error, ...rest } = metadata
  const end = {
    ...(usage && { usage }),
    ...(contextUsage && { contextUsage }),
    ...(error && { error }),
  }
  return { reason: finishReason ?? 'stop', end, rest }
}

/** The part as it will be stored. The ops that lead to it are added to `ops`. */
function diffPart(before: Part | undefined, after: Part, index: number, ops: Op[]): Part {
  const growth = before && grown(before, after)
  if (growth) {
    const { text, done, part } = growth
    if (text !== '' || done) ops.push({ op: 'append', part: index, text, ...(done && { done }) })
    return part
  }
  if (before && isStored(before, after)) return before
  const value = storedPart(after)
  ops.push({ op: 'put', part: index, value })
  return value
}

/**
 * The text that was appended, if that and the end of the part are the only differences; and the
 * part with it. The part's text is the given one, because joining a long text anew costs its
 * length.
 */
function grown(before: Part, after: Part): { text: string; done?: true; part: Part } | undefined {
  switch (before.type) {
    case 'text':
    case 'reasoning': {
      if (after.type !== before.type) return undefined
      const { text, state, ...rest } = before
      const { text: newText, state: newState, ...newRest } = after
      const done = newState === 'done' && state !== 'done'
      if ((!done && newState !== state) || !isStored(rest, newRest)) return undefined
      const added = addedTo(text, newText)
      if (added === undefined) return undefined
      const part = { ...before, text: newText, ...(done && { state: newState }) }
      return { text: added, part, ...(done && { done }) }
    }
    case 'dynamic-tool': {
      if (before.state !== 'input-streaming' || after.type !== 'dynamic-tool') return undefined
      if (after.state !== before.state) return undefined
      const { rawInput, ...rest } = before
      const { rawInput: newInput, ...newRest } = after
      const added = isStored(rest, newRest) ? addedTo(rawInput, newInput) : undefined
      if (added === undefined) return undefined
      return { text: added, part: { ...before, rawInput: newInput } }
    }
    case 'file':
    case 'reasoning-file':
    case 'source-url':
    case 'source-document':
    case 'custom':
    case 'step-start':
      return undefined
    default:
      before satisfies { type: `data-${string}` }
      return undefined
  }
}

/** Comparing slices is several times as fast as `startsWith` on a long text. */
function addedTo(text: string, newText: string): string | undefined {
  // Code without types may pass something else, which is then refused as a part.
  if (typeof newText !== 'string' || newText.slice(0, text.length) !== text) return undefined
  return newText.slice(text.length)
}

/** Whether the part reached a state that readers must see at once. */
function isStep(before: Part | undefined, after: Part): boolean {
  if (after.type === 'reasoning') {
    return after.state === 'done' && !(before?.type === 'reasoning' && before.state === 'done')
  }
  if (after.type !== 'dynamic-tool') return false
  if (before?.type !== 'dynamic-tool' || before.toolCallId !== after.toolCallId) return true
  return before.state !== after.state || (isPreliminary(before) && !isPreliminary(after))
}

/** Whether a call was removed. Ids may repeat, so they are counted. */
function lacksCall(before: readonly Part[], after: readonly Part[]): boolean {
  const left = callIds(after)
  return callIds(before).some((id) => {
    const index = left.indexOf(id)
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
}

function callIds(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => (part.type === 'dynamic-tool' ? [part.toolCallId] : []))
}

function isPreliminary(part: ToolPart): boolean {
  return part.state === 'output-available' && part.preliminary === true
}
