import { part as partSchema } from '@caughtup/schema'
import type { ImportedRow } from '@caughtup/store'
import { expect } from 'vitest'

import type { TranscriptFormat } from '../../src/conversation/transcript.ts'
import type { ReadConversation, TranscriptItem } from '../../src/conversation/transcript.ts'
import { readItems } from './read-items.ts'

interface Read extends Partial<ReadConversation> {
  rows: ImportedRow[]
  /** The remarks. */
  remarks: string[]
}

/**
 * The only conversation of a file with these values, which must be recognised as `format`.
 * Its parts must be parts, and be the same from JSON Lines, from an array and indented.
 */
export async function readAs(format: TranscriptFormat, ...values: unknown[]): Promise<Read> {
  const items = await readItems(values, { final: true })
  const shape = (all: readonly TranscriptItem[]) =>
    all.map((item) => ({ ...item, line: 0, message: '' }))
  for (const text of [JSON.stringify(values), JSON.stringify(values, null, 2)]) {
    expect(shape(await readItems(text, { final: true }))).toEqual(shape(items))
  }
  const remarks = items.flatMap((item) =>
    'message' in item ? [`${item.type}: ${item.message}`] : [],
  )
  const conversation = items.find((item) => item.type === 'conversation')
  if (!conversation) return { rows: [], remarks }
  expect(conversation.format).toBe(format)
  for (const part of conversation.rows.flatMap(({ parts }) => parts)) {
    expect(partSchema.parse(part)).toEqual(part)
  }
  const { type: _, line: __, ...read } = conversation
  return { ...read, remarks }
}
