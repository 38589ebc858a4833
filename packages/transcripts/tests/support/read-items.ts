import type { ImportedRow } from '@caughtup/store'

import { type ReadOptions, readTranscript } from '../../src/reading/read-transcript.ts'
import type { TranscriptItem } from '../../src/conversation/transcript.ts'

/** Reads a text as a file; an array becomes a line of JSON for each entry. */
export async function readItems(
  content: string | readonly unknown[],
  options?: ReadOptions,
): Promise<TranscriptItem[]> {
  const text = typeof content === 'string' ? content : jsonLines(content)
  const items: TranscriptItem[] = []
  for await (const item of readTranscript(bytesOf(text), options)) items.push(item)
  return items
}

/** The rows of a text's conversations, one list for each; fails on anything that is not one. */
export async function readRows(
  content: string | readonly unknown[],
  options?: ReadOptions,
): Promise<ImportedRow[][]> {
  const items = await readItems(content, options)
  return items.map((item) => {
    if (item.type === 'conversation') return item.rows
    throw new Error(JSON.stringify(item))
  })
}

export function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

async function* bytesOf(text: string) {
  yield Buffer.from(text)
}
