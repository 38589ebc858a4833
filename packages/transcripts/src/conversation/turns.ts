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

/** What one message of a transcript says. */
export interface TurnInput {
  id?: string | undefined
  /** Parts in the form that they have here; checked when they are added. */
  parts: readonly unknown[]
  createdAt?: number | undefined
  metadata?: RowMetadata | undefined
  /** What it took in its file. */
  bytes: number
}

export type Answer = { output: unknown } | { errorText: string }

interface Turn extends TurnInput {
  role: ImportedRow['role']
  parts: Part[]
  /** Calls that have no answer. */
  open: number
  /** Whether its last step called tools, after whose answers the model goes on. */
  awaitsAnswer: boolean
}

/**
 * Puts the messages of a conversation together as rows: an answer has all its steps in one, and each
 * tool call its result. Whatever throws has changed nothing.
 */
export class Turns {
  readonly #turns: Turn[] = []
  /** Where the answers belong that have not come. */
  readonly #calls = new Map<string, { turn: Turn; index: number }>()

  prompt(role: 'system' | 'user', said: TurnInput): void {
    this.#turns.push(this.#turn(role, said))
  }

  /**
   * One step of an answer, or a piece of one.
   *
   * @param joins - which step before it is of the same answer: `same-id`, one of the same id, or
   *   one that called tools where neither has an id; `always`, whatever stands before it
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

  /** The call of this id that has no answer yet. */
  call(id: string): ToolPart | undefined {
    const { turn, index } = this.#calls.get(id) ?? {}
    const part = index === undefined ? undefined : turn?.parts[index]
    return part?.type === 'dynamic-tool' ? part : undefined
  }

  /** The id of the oldest call without an answer, of a tool of this name if one is given. */
  waiting(toolName?: string): string | undefined {
    const ids = [...this.#calls.keys()]
    return ids.find((id) => toolName === undefined || this.call(id)?.toolName === toolName)
  }

  /** @throws CaughtupError `BAD_INPUT` where no call waits for it, or the message gets too large */
  answer(id: string, answer: Answer, bytes: number, members: Record<string, unknown> = {}): void {
    const call = this.call(id)
    const asked = call && 'approval' in call && call.approval
    const state = 'errorText' in answer ? 'output-error' : 'output-available'
    // What was done had somebody's leave.
    const leave = asked ? { approval: { ...asked, approved: true } } : {}
    this.change(id, { ...members, ...leave, ...answer, state }, bytes)
    this.#settled(id)
  }

  /** A person said no to a call, which asked for leave. */
  deny(id: string, reason: { reason?: string }): void {
    const call = this.call(id)
    const asked = call && 'approval' in call ? call.approval : undefined
    const approval = { id, ...asked, ...reason, approved: false }
    this.change(id, { state: 'output-denied', approval }, 0)
    this.#settled(id)
  }

  /** Gives a call that waits for its answer other members. */
  change(id: string, members: Record<string, unknown>, bytes: number): void {
    const place = this.#calls.get(id)
    const call = this.call(id)
    if (!place || !call) {
      throw new CaughtupError(
        'BAD_INPUT',
        `No call before it waits for the answer to "${preview(id)}".`,
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
      // An id that comes again is that of another call, and the newest stands last.
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
  // What may be too large for one message goes on in another.
  const length = last.parts.length + 1 + parts.length
  return length <= defaultLimits.messageParts && last.bytes + bytes <= safeBytes
}

/** Usage adds up over the steps; of all else the newest counts, of what is foreign the first. */
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

/** Rows of a conversation that has ended: none of them may still grow. */
export function endedRows(rows: readonly ImportedRow[]): ImportedRow[] {
  return rows.map(({ complete: _, ...row }) => row)
}
