import type { ChatFrameOf, Message, Page } from '@caughtup/schema'
import { emptyView, type View } from '@caughtup/schema/fold'
import { describe, expect, test } from 'vitest'

import { pageOf } from '../../tests/support/page-of.ts'
import { Recording } from '../../tests/support/recording.ts'
import { noteChange, type OlderRequest, placePage } from './older-page.ts'

/** Messages 1 (open, growing) and 2; the view contains only the second. */
function setUp() {
  const recording = new Recording()
  recording.message('old', 'assistant')
  recording.open('old')
  recording.text('old', 'a')
  recording.message('new', 'user', 'Hi')
  const page = (seq: number): Page => {
    const messages = recording.viewAt(seq).messages.filter(({ id }) => id === 'old')
    return pageOf(messages, seq)
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
  test('goes before the messages of the view, and tells whether there are more', () => {
    const { page, view } = setUp()
    const placed = placePage(view(4), page(4), []) as View
    expect(placed.messages.map(({ id }) => id)).toEqual(['old', 'new'])
    expect(placed.hasOlder).toBe(false)
  })

  test('adds no message that the view contains already', () => {
    const { recording, page, view } = setUp()
    const all = { ...page(4), messages: [...recording.viewAt().messages] }
    const placed = placePage(view(4), all, []) as View
    expect(placed.messages.map(({ id }) => id)).toEqual(['old', 'new'])
  })

  test('receives the changes of its messages since it was read, once', () => {
    const { recording, page, view } = setUp()
    const read = page(4)
    recording.text('old', 'b')
    recording.text('old', 'c')
    const request = [2, 3, 4, 5]
      .map((index) => recording.events[index]!)
      .reduce<OlderRequest>((now, event) => noteChange(now, event, view(4).messages)!, nothingNoted)
    const placed = placePage(view(6), read, request.changes) as View
    expect(textOf(placed.messages[0])).toBe('abc')
  })

  test('receives the text that its messages got, by their order', () => {
    const { recording, page, view } = setUp()
    const read = page(4)
    recording.text('old', 'b')
    recording.text('old', 'c')
    recording.text('new', '!')
    const changes = [recording.live(4, 5), recording.live(5, 6), recording.live(6)]
      .map(({ frame }) => frame as ChatFrameOf<'text'>)
      .reduce<OlderRequest>(
        (now, frame) => noteChange(now, frame, view(4).messages)!,
        nothingNoted,
      ).changes
    expect(changes.map(({ seq }) => seq)).toEqual([5, 6])
    const placed = placePage(view(7), read, changes) as View
    expect(placed.messages[0]).toEqual(recording.viewAt().messages[0])
    // A page that was read meanwhile has a part of it already.
    expect(placePage(view(7), page(5), changes)).toEqual(placed)
    const merged = recording.live(4, 6).frame as ChatFrameOf<'text'>
    expect(placePage(view(7), page(5), [merged])).toBe('torn')
  })

  test.each(['delete', 'erase'] as const)(
    'brings back no message that came live and went during the request: %s',
    (remove) => {
      const recording = new Recording()
      recording.message('gone', 'user', 'Hi')
      const read = recording.viewAt()
      const page = pageOf(read.messages, 1)
      const held = recording.viewAt().messages
      recording[remove]('gone')
      const request = noteChange(nothingNoted, recording.events[1]!, held)
      const view = { ...emptyView, seq: 2, hasOlder: true }
      expect(placePage(view, page, request!.changes)).toMatchObject({ messages: [] })
    },
  )

  test('receives edits and removals that came after it was read', () => {
    const { recording, page, view } = setUp()
    const read = page(4)
    const edited = recording.replace('old', 'edited')
    const noted = noteChange(nothingNoted, edited, view(4).messages)!
    const placed = placePage(view(5), read, noted.changes) as View
    expect(textOf(placed.messages[0])).toBe('edited')
    for (const event of [recording.delete('old'), recording.erase('other', 'old')]) {
      const { changes } = noteChange(noted, event, view(4).messages)!
      const without = placePage(view(event.seq), read, changes) as View
      expect(without.messages.map(({ id }) => id)).toEqual(['new'])
      // A page that was read after all changes contains them already.
      const after = { ...page(5), asOf: event.seq }
      expect(textOf((placePage(view(event.seq), after, changes) as View).messages[0])).toBe(
        'edited',
      )
    }
  })

  test('waits until the view has seen the events that it contains', () => {
    const { recording, page, view } = setUp()
    recording.text('old', 'b')
    expect(placePage(view(4), page(5), [])).toBe('early')
    expect(placePage(view(5), page(5), [])).not.toBe('early')
  })

  test('is dropped if it contains a part of a merged event', () => {
    const { recording, page, view } = setUp()
    recording.text('old', 'b')
    const read = page(5)
    recording.text('old', 'c')
    const merged = { ...recording.events[5]!, from: 5 } as never
    expect(placePage(view(6), read, [merged])).toBe('torn')
  })
})

test('a request notes changes of messages outside the view, up to a bound', () => {
  const { recording, view } = setUp()
  const held = recording.text('new', '!')
  const request = nothingNoted
  expect(noteChange(request, held, view(5).messages)).toBe(request)
  expect(noteChange(request, recording.replace('new', '?'), view(5).messages)).toBe(request)
  const other = recording.text('old', 'x')
  let noted: ReturnType<typeof noteChange> = request
  for (let i = 0; i < 1_000; i++) noted = noteChange(noted!, other, view(5).messages)
  expect(noted?.changes).toHaveLength(1_000)
  expect(noteChange(noted!, other, view(5).messages)).toBeUndefined()
})
