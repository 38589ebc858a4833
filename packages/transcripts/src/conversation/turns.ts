import {
  addUsage,
  CaughtupError,
  defaultLimits,
  type Part,
  preview,
  type ToolPart,
} from '@caughtup/schema'
import type { ImportedRow } from '@caughtup/store'

import { asPart } from './parts.ts'
import { assertFits, safeBytes } from './assert-fits.ts'
import { joinForeign, type RowMetadata } from './metadata.ts'
import type { Note } from './transcript.ts'

/** One message of a transcript. */
export interface TurnInput {
  id?: string | undefined
  /** Parts in the form that they have here; checked when the turn is added. */
  parts: readonly unknown[]
  createdAt?: number | undefined
  metadata?: RowMetadata | undefined
  /** Its size in its file. */
  bytes: number
}

export type Answer = { output: unknown } | { errorText: string }

interface Turn extends TurnInput {
  role: ImportedRow['role']
  parts: Part[]
  /** The number of calls without an answer. */
  open: number
  /** Whether its last step called tools, so that the model continues after their answers. */
  awaitsAnswer: boolean
}

/**
 * Joins the messages of a conversation into rows: an answer with all its steps is one row, and each
 * tool call has its result. A method that throws changes nothing.
 */
export class Turns {
  readonly #turns: Turn[] = []
  /** Where the call of each missing answer is. */
  readonly #calls = new Map<string, { turn: Turn; index: number }>()

  prompt(role: 'system' | 'user', said: TurnInput): void {
    this.#turns.push(this.#turn(role, said))
  }

  /**
   * Adds one step of an answer, or a piece of one.
   *
   * @param joins - whether the step before it belongs to the same answer: `same-id`, if it has the
   *   same id, or neither has one and it called tools; `always`, in any case
   * @throws CaughtupError `BAD_INPUT`
   */
  step(said: TurnInput, joins: 'same-id' | 'always', note: Note): void {
    const last = this.#turns.at(-1)
    const step = this.#turn('assistant', said)
    if (!last || !continues(last, step, joins)) {
      this.#turns.push(step)
      this.#expectAnswers(step, 0)
      return
    }
    const isNext = joins === 'same-id' || (last.awaitsAnswer && last.open === 0)
    if (isNext) last.parts.push({ type: 'step-start' })
    const from = last.parts.length
    last.parts.push(...step.parts)
    last.bytes += step.bytes
    last.open += step.open
    last.awaitsAnswer = step.awaitsAnswer || (last.awaitsAnswer && !isNext)
    last.metadata = merged(last.metadata, step.metadata, note)
    last.createdAt ??= step.createdAt
    this.#expectAnswers(last, from)
  }

  /** The open call of this id. */
  call(id: string): ToolPart | undefined {
    const { turn, index } = this.#calls.get(id) ?? {}
    const part = index === undefined ? undefined : turn?.parts[index]
    return part?.type === 'dynamic-tool' ? part : undefined
  }

  /** The id of the oldest open call, of this tool if one is given. */
  waiting(toolName?: string): string | undefined {
    const ids = [...this.#calls.keys()]
    return ids.find((id) => toolName === undefined || this.call(id)?.toolName === toolName)
  }

  /** @throws CaughtupError `BAD_INPUT` if the call is not open, or the message gets too large */
  answer(id: string, answer: Answer, bytes: number, members: Record<string, unknown> = {}): void {
    const call = this.call(id)
    const asked = call && 'approval' in call && call.approval
    const state = 'errorText' in answer ? 'output-error' : 'output-available'
    // A tool that ran had been approved.
    const approval = asked ? { approval: { ...asked, approved: true } } : {}
    this.change(id, { ...members, ...approval, ...answer, state }, bytes)
    this.#settled(id)
  }

  /** A person denied a call that asked for approval. */
  deny(id: string, reason: { reason?: string }): void {
    const call = this.call(id)
    const asked = call && 'approval' in call ? call.approval : undefined
    const approval = { id, ...asked, ...reason, approved: false }
    this.change(id, { state: 'output-denied', approval }, 0)
    this.#settled(id)
  }

  /** Changes members of an open call. */
  change(id: string, members: Record<string, unknown>, bytes: number): void {
    const place = this.#calls.get(id)
    const call = this.call(id)
    if (!place || !call) {
      throw new CaughtupError(
        'BAD_INPUT',
        `There is no earlier open tool call "${preview(id)}" for this result.`,
        {
          field: 'toolCallId',
          value: preview(id),
        },
      )
    }
    const { turn, index } = place
    const parts = turn.parts.with(index, asPart({ ...call, ...members }, `the call ${id}`))
    assertFits(parts, turn.bytes + bytes)
    turn.parts = parts
    turn.bytes += bytes
  }

  #settled(id: string): void {
    const place = this.#calls.get(id)
    if (place) place.turn.open -= 1
    this.#calls.delete(id)
  }

  rows(): ImportedRow[] {
    return this.#turns.map(({ id, role, parts, createdAt, metadata, awaitsAnswer: goesOn }) => ({
      ...(id !== undefined && id !== '' && { id }),
      role,
      parts,
      ...(createdAt !== undefined && { createdAt }),
      ...(metadata && { metadata }),
      ...(goesOn && { complete: false }),
    }))
  }

  #turn(role: ImportedRow['role'], said: TurnInput): Turn {
    const parts = said.parts.map((part, index) => asPart(part, `parts.${index}`))
    assertFits(parts, said.bytes)
    const open = parts.filter((part) => part.type === 'dynamic-tool' && isOpen(part)).length
    const goesOn = parts.some(
      (part) => part.type === 'dynamic-tool' && isOpen(part) && !part.providerExecuted,
    )
    return { ...said, role, parts, open, awaitsAnswer: goesOn }
  }

  #expectAnswers(turn: Turn, from: number): void {
    for (const [offset, part] of turn.parts.slice(from).entries()) {
      if (part.type !== 'dynamic-tool' || !isOpen(part)) continue
      // A repeated id belongs to a new call, which must be the last in the map's order.
      this.#calls.delete(part.toolCallId)
      this.#calls.set(part.toolCallId, { turn, index: from + offset })
    }
  }
}

function isOpen({ state }: ToolPart): boolean {
  return !state.startsWith('output-')
}

function continues(last: Turn, { id, parts, bytes }: Turn, joins: 'same-id' | 'always'): boolean {
  if (last.role !== 'assistant') return false
  const isSame = last.id === id && (last.awaitsAnswer || id !== undefined)
  if (joins === 'same-id' && !isSame) return false
  // An answer that may be too large for one message continues in another.
  const length = last.parts.length + 1 + parts.length
  return length <= defaultLimits.messageParts && last.bytes + bytes <= safeBytes
}

/** Usage is summed over the steps; of other metadata the newest value counts, under `foreign` the first. */
function merged(
  before: RowMetadata | undefined,
  step: RowMetadata | undefined,
  note: Note,
): RowMetadata | undefined {
  if (!before || !step) return before ?? step
  const usage = before.usage && step.usage ? addUsage(before.usage, step.usage) : undefined
  const foreign = joinForeign(before.foreign, step.foreign, note)
  return { ...before, ...step, ...(usage && { usage }), ...(foreign && { foreign }) }
}

/** The rows of a conversation that has ended, none of which may still grow. */
export function endedRows(rows: readonly ImportedRow[]): ImportedRow[] {
  return rows.map(({ complete: _, ...row }) => row)
}
