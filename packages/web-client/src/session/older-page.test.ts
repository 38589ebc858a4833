import type { Message, Page } from '@caughtup/schema'
import { emptyView, type View } from '@caughtup/schema/fold'
import { describe, expect, test } from 'vitest'

import { noteEvent, type OlderRequest, placePage } from './older-page.ts'
import { Recording } from '../../tests/support/recording.ts'

/** Messages 1 (open, growing) and 2; the view holds the second only. */
function setUp() {
  const recording = new Recording()
  recording.message('old', 'assistant')
  recording.open('old')
  recording.text('old', 'a')
  recording.message('new', 'user', 'Hi')
  const page = (seq: number): Page => {
    const messages = recording.viewAt(seq).messages.filter(({ id }) => id === 'old')
    return { messages: [...messages], nextCursor: null, hasOlder: false, epoch: 0, asOf: seq }
  }
  const view = (seq: number): View => ({
    ...emptyView,
    seq,
    messages: recording.viewAt(4).messages.filter(({ id }) => id === 'new'),
    hasOlder: true,
  })
  return { recording, page, view }
}

const nothingNoted: OlderRequest = { id: 1, changes: [] }

const textOf = (message: Message | undefined) =>
  message?.parts.map((part) => ('text' in part ? part.text : '')).join('')

describe('an older page', () => {
  test('goes before what is held, and says whether there is more', () => {
    const { page, view } = setUp()
    const placed = placePage(view(4), page(4), []) as View
    expect(placed.messages.map(({ id }) => id)).toEqual(['old', 'new'])
    expect(placed.hasOlder).toBe(false)
  })

  test('brings no message that is held already', () => {
    const { recording, page, view } = setUp()
    const all = { ...page(4), messages: [...recording.viewAt().messages] }
    const placed = placePage(view(4), all, []) as View
    expect(placed.messages.map(({ id }) => id)).toEqual(['old', 'new'])
  })

  test('gets what happened to its messages after it was read, once', () => {
    const { recording, page, view } = setUp()
    const read = page(4)
    recording.text('old', 'b')
    recording.text('old', 'c')
    const request = [2, 3, 4, 5]
      .map((index) => recording.events[index]!)
      .reduce<OlderRequest>((now, event) => noteEvent(now, event, view(4).messages)!, nothingNoted)
    const placed = placePage(view(6), read, request.changes) as View
    expect(textOf(placed.messages[0])).toBe('abc')
  })

  test.each(['delete', 'erase'] as const)(
    'brings back no message that came live and went while it was asked for: %s',
    (remove) => {
      const recording = new Recording()
      recording.message('gone', 'user', 'Hi')
      const read = recording.viewAt()
      const page = { ...read, messages: [...read.messages], nextCursor: null, asOf: 1 }
      const held = recording.viewAt().messages
      recording[remove]('gone')
      const request = noteEvent(nothingNoted, recording.events[1]!, held)
      const view = { ...emptyView, seq: 2, hasOlder: true }
      expect(placePage(view, page, request!.changes)).toMatchObject({ messages: [] })
    },
  )

  test('gets its messages edited and removed, where that came after it was read', () => {
    const { recording, page, view } = setUp()
    const read = page(4)
    const edited = recording.replace('old', 'edited')
    const noted = noteEvent(nothingNoted, edited, view(4).messages)!
    const placed = placePage(view(5), read, noted.changes) as View
    expect(textOf(placed.messages[0])).toBe('edited')
    for (const event of [recording.delete('old'), recording.erase('other', 'old')]) {
      const { changes } = noteEvent(noted, event, view(4).messages)!
      const without = placePage(view(event.seq), read, changes) as View
      expect(without.messages.map(({ id }) => id)).toEqual(['new'])
      // A page that was read after all of it has it already.
      const after = { ...page(5), asOf: event.seq }
      expect(textOf((placePage(view(event.seq), after, changes) as View).messages[0])).toBe(
        'edited',
      )
    }
  })

  test('waits for events that it contains and the view has yet to see', () => {
    const { recording, page, view } = setUp()
    recording.text('old', 'b')
    expect(placePage(view(4), page(5), [])).toBe('early')
    expect(placePage(view(5), page(5), [])).not.toBe('early')
  })

  test('is dropped where one event lies on both sides of its reading', () => {
    const { recording, page, view } = setUp()
    recording.text('old', 'b')
    const read = page(5)
    recording.text('old', 'c')
    const merged = { ...recording.events[5]!, from: 5 } as never
    expect(placePage(view(6), read, [merged])).toBe('torn')
  })
})

test('a request notes changes of messages that are not held, up to a bound', () => {
  const { recording, view } = setUp()
  const held = recording.text('new', '!')
  const request = nothingNoted
  expect(noteEvent(request, held, view(5).messages)).toBe(request)
  expect(noteEvent(request, recording.replace('new', '?'), view(5).messages)).toBe(request)
  const other = recording.text('old', 'x')
  let noted: ReturnType<typeof noteEvent> = request
  for (let i = 0; i < 1_000; i++) noted = noteEvent(noted!, other, view(5).messages)
  expect(noted?.changes).toHaveLength(1_000)
  expect(noteEvent(noted!, other, view(5).messages)).toBeUndefined()
})
