import { expect, test } from 'vitest'

import { historyChanges, isKnown, isStreaming } from './event-traits.ts'
import { type Event, eventTypes } from './event.ts'

const ofType = (type: string) => ({ type }) as Event

test('every type of the schema but unreadable can be applied', () => {
  const unknown = [...eventTypes, 'of-a-newer-server'].filter((type) => !isKnown(ofType(type)))
  expect(unknown).toEqual(['unreadable', 'of-a-newer-server'])
})

test('an event either streams into a message or may change history, or touches no message', () => {
  const streaming = eventTypes.filter((type) => isStreaming(ofType(type)))
  expect(streaming).toEqual(['message-created', 'message-delta', 'message-finished'])
  expect(streaming.filter((type) => historyChanges.includes(type))).toEqual([])
  const rest = eventTypes.filter((type) => ![...streaming, ...historyChanges].includes(type))
  expect(rest.toSorted()).toEqual(
    ['queue-changed', 'redacted', 'run-changed', 'run-ended', 'run-started', 'usage'].toSorted(),
  )
})
