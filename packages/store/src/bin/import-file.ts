import path from 'node:path'

import type { ForeignRow } from '../reconcile/foreign-row.ts'
import { type ReadOptions, readTranscript } from '../transcripts/read-transcript.ts'
import type { Report } from './report.ts'

/** Where conversations go; see `Store.reconcile`. */
export interface ImportTarget {
  /** Gives the id of the session for a conversation, making it where it is to be new. */
  session(title: string): Promise<string>
  reconcile(
    sessionId: string,
    rows: readonly ForeignRow[],
  ): Promise<{ added: number; known: number; incomplete: number }>
}

/**
 * Imports one transcript, a transaction for each of its conversations, and reports on it.
 *
 * @param bytes - of the file
 * @param name - what the file is called in the report; titles come from it
 * @param imported - is told each session when its conversation is in it
 * @throws whatever reading or reconciling throws; conversations that came before are imported
 */
export async function importFile(
  { bytes, name }: { bytes: AsyncIterable<Uint8Array>; name: string },
  target: ImportTarget,
  report: Report,
  { imported, ...options }: ReadOptions & { imported: (sessionId: string) => void },
): Promise<void> {
  const sum = { added: 0, known: 0, incomplete: 0, refused: 0 }
  try {
    for await (const item of readTranscript(bytes, options)) {
      const place = `${name}:${item.line}`
      switch (item.type) {
        case 'conversation': {
          const sessionId = await target.session(item.title ?? path.parse(name).name)
          const { added, known, incomplete } = await target.reconcile(sessionId, item.rows)
          sum.added += added
          sum.known += known
          sum.incomplete += incomplete
          imported(sessionId)
          break
        }
        case 'refused':
          sum.refused += 1
          report.leftOut(place, item.message)
          break
        case 'note':
          report.note(place, item.message)
          break
        case 'torn':
          sum.incomplete += 1
          break
      }
    }
  } finally {
    report.tellCommon()
    const growing = sum.incomplete > 0 ? `, ${sum.incomplete} may still grow (see --final)` : ''
    const refused = sum.refused > 0 ? `, ${sum.refused} refused` : ''
    report.say(`${name}: ${sum.added} added, ${sum.known} known${growing}${refused}`)
  }
}
