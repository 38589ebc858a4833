import fc from 'fast-check'
import { expect, test } from 'vitest'

import { MergingSession } from '../import/testing/merging-session.ts'
import { anyMessages, plainMessages } from './testing/arbitrary-message.ts'
import { jsonLines, readItems } from './testing/read-items.ts'
import { writeMessage } from './write-message.ts'

async function importInto(session: MergingSession, text: string) {
  for (const item of await readItems(text)) {
    expect(item.type).not.toBe('refused')
    if (item.type === 'conversation') session.import(item.rows)
  }
}

/** Imports a file while it is being written, cut at each of these bytes, and then whole. */
async function expectSame(text: string, cuts: readonly number[]) {
  const growing = new MergingSession()
  const characters = cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b)
  for (const cut of characters) await importInto(growing, text.slice(0, cut))
  await importInto(growing, text)
  const whole = new MergingSession()
  await importInto(whole, text)
  expect(growing.messages).toEqual(whole.messages)
}

const cuts = fc.array(fc.nat(5000), { maxLength: 5 })

test('a growing file of UI messages is imported as it would be at the end', async () => {
  await fc.assert(
    fc.asyncProperty(anyMessages, cuts, fc.boolean(), async (messages, at, withIds) => {
      const lines = messages
        .flatMap((message) => writeMessage(message, 'ui').messages)
        .map(({ id, ...line }) => (withIds ? { id, ...line } : line))
      await expectSame(jsonLines(lines), at)
    }),
  )
})

test('a growing file of OpenAI messages is imported as it would be at the end', async () => {
  await fc.assert(
    fc.asyncProperty(plainMessages, cuts, fc.boolean(), async (messages, at, withTimes) => {
      const lines = messages
        .flatMap((message) => writeMessage(message, 'openai').messages)
        .map(({ id: _, created_at: time, ...line }) =>
          withTimes ? { created_at: time, ...line } : line,
        )
      await expectSame(jsonLines(lines), at)
    }),
  )
})
