import type { Message } from '@caughtup/schema'
import { isPlainText, mergeEvents, textFrameOf } from '@caughtup/schema/fold'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { pageOf } from '../../tests/support/page-of.ts'
import { Recording } from '../../tests/support/recording.ts'
import type { Change } from '../session/older-page.ts'
import { afterChange, joined, type Stretch, stretchOf } from './stretch.ts'

const textOf = ({ parts }: Message) =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

/** Messages 1 to 4; the third is open and grows. */
function recorded() {
  const recording = new Recording()
  recording.message('a', 'user', 'A')
  recording.message('b', 'assistant', 'B')
  recording.message('c', 'assistant')
  recording.open('c')
  recording.text('c', 'C')
  recording.message('d', 'user', 'D')
  return recording
}

function pageAt(recording: Recording, orders: readonly [number, number], seq = recording.head) {
  const all = recording.viewAt(seq).messages
  const shown = all.filter(({ order }) => order >= orders[0] && order <= orders[1])
  return pageOf(shown, seq, {
    hasOlder: all.some(({ order }) => order < orders[0]),
    hasNewer: all.some(({ order }) => order > orders[1]),
  })
}

function loaded(recording: Recording, orders: readonly [number, number]): Stretch {
  const stretch = stretchOf(pageAt(recording, orders), [])
  if (stretch === 'torn') throw new Error('nothing came')
  return stretch
}

function after(stretch: Stretch, ...changes: Change[]): Stretch {
  return changes.reduce((now, change) => {
    const next = afterChange(now, change)
    if (next === 'torn') throw new Error('torn')
    return next
  }, stretch)
}

describe('a stretch', () => {
  test('has edits, deletions, erasures, and the text of open messages', () => {
    const recording = recorded()
    const stretch = loaded(recording, [2, 3])
    const text = recording.text('c', '+')
    if (!isPlainText(text)) throw new Error('no text frame can stand for it')
    const changed = after(stretch, textFrameOf(text, 3), recording.replace('b', 'B2'))
    expect(changed.messages.map(textOf)).toEqual(['B2', 'C+'])
    const finished = after(changed, recording.finish('c'), recording.delete('b'))
    expect(finished.messages).toMatchObject([{ id: 'c', status: 'done' }])
    expect(after(finished, recording.erase('a', 'c')).messages).toEqual([])
  })

  test('is the same object when a change is not about it', () => {
    const recording = recorded()
    const stretch = loaded(recording, [1, 2])
    for (const change of [
      recording.text('c', 'x'),
      recording.delete('d'),
      recording.start('run'),
      recording.end('run'),
    ]) {
      expect(afterChange(stretch, change)).toBe(stretch)
    }
  })

  test('has nothing after a truncation, and what a redo restores only where it covers it', () => {
    const recording = recorded()
    const whole = loaded(recording, [2, 4])
    expect([whole.hasOlder, whole.hasNewer]).toEqual([true, false])
    const undone = after(whole, recording.undo())
    expect(undone.messages.map(({ id }) => id)).toEqual(['b', 'c'])
    const redo = recording.redo()
    expect(after(undone, redo).messages.map(({ id }) => id)).toEqual(['b', 'c', 'd'])
    const before = { ...loaded(recording, [1, 2]), hasNewer: false }
    expect(after(before, redo)).toMatchObject({ hasNewer: true, messages: before.messages })
  })

  test('keeps what was added after a truncation that its page has already', () => {
    const recording = recorded()
    const truncated = recording.truncate(2)
    recording.message('e', 'user', 'E')
    const stretch = loaded(recording, [1, 9])
    expect(afterChange(stretch, truncated)).toBe(stretch)
  })

  test('knows that there is something newer once a message is added', () => {
    const recording = recorded()
    const stretch = loaded(recording, [2, 4])
    expect(after(stretch, recording.message('e', 'user', 'E')).hasNewer).toBe(true)
    expect(after(stretch, recording.boundary('sum')).hasNewer).toBe(true)
    expect(after(stretch, recording.boundary()).hasNewer).toBe(false)
  })

  test('takes no change twice that its page has already, and is torn by one that it has in part', () => {
    const recording = recorded()
    const known = recording.viewAt().seq
    const [one, two] = [recording.text('c', '1'), recording.text('c', '2')]
    const page = pageAt(recording, [2, 3])
    const stretch = stretchOf(page, [])
    expect(stretchOf(page, [one, two])).toEqual(stretch)
    const early = stretchOf(pageAt(recording, [2, 3], known + 1), [])
    const merged = mergeEvents([one, two])[0]!
    expect(early === 'torn' || afterChange(early, merged)).toBe('torn')
  })
})

test('pages that were read at any moments, with the changes since, are as the history ends', () => {
  const step = fc.constantFrom(
    ...([
      'message',
      'message',
      'message',
      'open',
      'text',
      'text',
      'label',
      'finish',
      'replace',
      'delete',
      'erase',
    ] as const),
    ...(['undo', 'redo', 'truncate'] as const),
  )
  const moment = fc.nat({ max: 1_000 })
  let applied = 0
  fc.assert(
    fc.property(
      fc.array(fc.tuple(step, fc.nat({ max: 50 })), { minLength: 15, maxLength: 60, size: 'max' }),
      fc.tuple(moment, moment, moment),
      fc.tuple(moment, moment, moment),
      fc.nat({ max: 8 }),
      (steps, first, second, split) => {
        const recording = new Recording()
        for (const [index, [what, pick]] of steps.entries()) play(recording, what, pick, index)
        const { head } = recording
        if (head === 0) return
        /** Requested at one moment, read at that or a later one, and received at any after the request. */
        const times = ([a, b, c]: readonly [number, number, number]) => {
          const asked = a % (head + 1)
          return {
            asked,
            read: asked + (b % (head + 1 - asked)),
            came: asked + (c % (head + 1 - asked)),
          }
        }
        const load = (
          { asked, read, came }: ReturnType<typeof times>,
          orders: readonly [number, number],
        ): Stretch | undefined => {
          const page = pageAt(recording, orders, read)
          const stretch = stretchOf(page, recording.events.slice(asked, came))
          // No event is merged here.
          if (stretch === 'torn') throw new Error('torn')
          return stretch.messages.length === 0
            ? undefined
            : after(stretch, ...recording.events.slice(came))
        }
        const shown = load(times(first), [1, split])
        if (!shown) return
        expectTruth(recording, shown)
        const newer = load(times(second), [shown.last + 1, Infinity])
        if (!newer) return
        expectTruth(recording, newer)
        expectTruth(recording, joined(shown, newer))
        applied++
      },
    ),
    { numRuns: 3_000 },
  )
  expect(applied).toBeGreaterThan(200)
})

/** It has every message that the session ends with, of the orders that it covers. */
function expectTruth(recording: Recording, { messages, first, last, hasNewer }: Stretch): void {
  const all = recording.viewAt().messages
  expect(messages).toEqual(all.filter(({ order }) => order >= first && order <= last))
  expect(hasNewer || all.every(({ order }) => order <= last)).toBe(true)
}

function play(recording: Recording, what: string, pick: number, index: number): void {
  const { messages } = recording.viewAt()
  const done = messages.filter(({ status }) => status === 'done')
  const open = messages.findLast(({ status }) => status === 'open')
  const target = done[pick % Math.max(1, done.length)]
  const hidden = recording.events.findLast(
    ({ type }) => type === 'history-truncated' || type.startsWith('message-created'),
  )
  switch (what) {
    case 'message':
      recording.message(`m${index}`, pick % 2 === 0 ? 'user' : 'assistant', `text ${index}`)
      break
    case 'open':
      if (open) break
      recording.message(`m${index}`, 'assistant')
      recording.open(`m${index}`)
      break
    case 'text':
      if (open) recording.text(open.id, `${index} `)
      break
    case 'label':
      if (open) recording.label(open.id, `${index}`)
      break
    case 'finish':
      if (open) recording.finish(open.id)
      break
    case 'replace':
      if (target) recording.replace(target.id, `new ${index}`)
      break
    case 'delete':
      if (target) recording.delete(target.id)
      break
    case 'erase':
      if (target) recording.erase(target.id)
      break
    case 'undo':
      if (!open && done.length > 0) recording.undo()
      break
    case 'redo':
      if (hidden?.type === 'history-truncated' && hidden.canRedo) recording.redo()
      break
    case 'truncate':
      if (!open && target) recording.truncate(target.order)
      break
  }
}
