import type { Message } from '@caughtup/schema'
import { endChunk, messageChunks, type UiChunk } from '@caughtup/schema/chunks'
import { applyOps, applyToMessage, withCustom } from '@caughtup/schema/fold'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { PartBuilder } from '../../src/compose/part-builder.ts'
import { type Answer, anyAnswer, modelAnswer } from './any-answer.ts'
import { readChunks, shownOf } from './read-chunks.ts'

const created: Message = {
  id: 'answer',
  order: 1,
  role: 'assistant',
  parts: [],
  metadata: { createdAt: 1, runId: 'run' },
  revision: 1,
  epoch: 0,
  status: 'open',
}

/** The states of the message, as the fold makes them of each part that the agent yields. */
function statesOf({ parts, reason }: Answer): Message[] {
  const builder = new PartBuilder([])
  const states = [created]
  let message = created
  for (const part of parts) {
    let ops
    try {
      ops = builder.change(part)?.ops
    } catch {
      // It is not a part; a run would end here.
      continue
    }
    if (!ops) continue
    message = {
      ...message,
      parts: applyOps(message.parts, ops),
      metadata: withCustom(message.metadata, ops),
    }
    states.push(message)
  }
  if (reason) {
    const event = { type: 'message-finished', seq: 2, epoch: 0, at: 5, messageId: 'answer', reason }
    states.push(applyToMessage(message, event as Parameters<typeof applyToMessage>[1]))
  }
  return states
}

/** Some of the states, in order, and the last one. */
function sampled(states: readonly Message[], seen: readonly boolean[]): Message[] {
  return states.filter((_, index) => seen[index] === true || index === states.length - 1)
}

/** The chunks of one state after the other; of one that does not go on, from its beginning. */
function chunksOf(states: readonly Message[]): { chunks: UiChunk[]; restarts: number } {
  let chunks: UiChunk[] = []
  let restarts = 0
  for (const [index, state] of states.entries()) {
    const added = messageChunks(states[index - 1], state)
    if (added) chunks.push(...added)
    else {
      restarts++
      chunks = messageChunks(undefined, state) ?? []
    }
  }
  return { chunks, restarts }
}

const seen = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 })

describe('a client of the AI SDK that reads the chunks', () => {
  test('shows the message, whichever states of it were sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyAnswer, modelAnswer), seen, async (answer, some) => {
        const states = sampled(statesOf(answer), some)
        const { chunks } = chunksOf(states)
        expect(await readChunks(chunks)).toEqual(shownOf(states.at(-1)!))
      }),
      { numRuns: 600 },
    )
  })

  test('shows the message after each state that was sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyAnswer, modelAnswer), async (answer) => {
        const states = statesOf(answer)
        for (const index of states.keys()) {
          const { chunks } = chunksOf(states.slice(0, index + 1))
          expect(await readChunks(chunks)).toEqual(shownOf(states[index]!))
          const anew = messageChunks(undefined, states[index]!)
          expect(await readChunks(anew!)).toEqual(shownOf(states[index]!))
        }
      }),
      { numRuns: 100 },
    )
  })

  test('shows the message or is told that it does not continue, whatever it showed before', async () => {
    let continued = 0
    await fc.assert(
      fc.asyncProperty(anyAnswer, anyAnswer, fc.nat(), async (one, other, at) => {
        const before = statesOf(one)
        const [from, to] = [before[at % before.length]!, statesOf(other).at(-1)!]
        const first = messageChunks(undefined, from)
        const added = messageChunks(from, to)
        if (!first || !added) return
        continued++
        expect(await readChunks([...first, ...added])).toEqual(shownOf(to))
      }),
      { numRuns: 2000 },
    )
    expect(continued).toBeGreaterThan(100)
  })

  test('never has to begin anew while a model answers, step by step', () => {
    fc.assert(
      fc.property(modelAnswer, seen, (answer, some) => {
        expect(chunksOf(sampled(statesOf(answer), some)).restarts).toBe(0)
      }),
      { numRuns: 1000 },
    )
  })

  test('is not told again, on a replay, of calls that were made', () => {
    fc.assert(
      fc.property(fc.oneof(anyAnswer, modelAnswer), (answer) => {
        const last = statesOf(answer).at(-1)!
        const said = messageChunks(undefined, last)!
        const waiting = last.parts.filter(
          (part) => part.type === 'dynamic-tool' && part.state === 'input-available',
        )
        expect(said.filter(({ type }) => type === 'tool-input-available')).toHaveLength(
          waiting.length,
        )
      }),
      { numRuns: 300 },
    )
  })

  test('gets the end of every message that ended, and of no other', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const ends = statesOf(answer).map((state) => endChunk(state)?.type)
        expect(ends.slice(0, -1).every((type) => type === undefined)).toBe(true)
        const { reason } = answer
        const expected = reason && (reason === 'error' ? 'error' : 'finish')
        expect(ends.at(-1)).toBe(expected)
      }),
    )
  })
})
