import path from 'node:path'

import { CaughtupError } from '@caughtup/schema'
import type { ImportedRow, Reconciled } from '@caughtup/store'

import { type ReadOptions, readTranscript } from '../reading/read-transcript.ts'
import type { Report } from './report.ts'

/** When a conversation began and was last used, in ms since the epoch, if known. */
interface Times {
  createdAt?: number
  recency?: number
}

/** Where conversations are imported to; see `Store.reconcile`. */
export interface ImportTarget {
  /** The id of the session for a conversation; creates a new one if needed. */
  session(title: string, times: Times): Promise<string>
  reconcile(sessionId: string, rows: readonly ImportedRow[], times: Times): Promise<Reconciled>
}

/**
 * Imports one transcript, conversation by conversation, and reports on it.
 *
 * @param bytes - the file's content
 * @param name - the file's name in the report, and the default title
 * @param imported - called with each session once it has its conversation
 * @throws any error of reading or reconciling (earlier conversations stay imported), and
 *   CaughtupError `BAD_INPUT` for a file without a readable message
 */
export async function importFile(
  { bytes, name }: { bytes: AsyncIterable<Uint8Array>; name: string },
  target: ImportTarget,
  report: Report,
  { imported, ...options }: ReadOptions & { imported: (sessionId: string) => void },
): Promise<void> {
  const sum = { added: 0, known: 0, changed: 0, incomplete: 0, refused: 0 }
  let conversations = 0
  try {
    for await (const item of readTranscript(bytes, options)) {
      const place = `${name}:${item.line}`
      switch (item.type) {
        case 'conversation': {
          conversations += 1
          const times = timesOf(item)
          const sessionId = await target.session(item.title ?? path.parse(name).name, times)
          const { notKept, ...counts } = await target.reconcile(sessionId, item.rows, times)
          sum.added += counts.added
          sum.known += counts.known
          sum.changed += counts.changed
          sum.incomplete += counts.incomplete
          for (const member of Object.keys(notKept))
            report.collectOmission(place, `${member} is dropped`)
          imported(sessionId)
          break
        }
        case 'refused':
          sum.refused += 1
          report.leftOut(place, item.message)
          break
        case 'lost':
          report.collectOmission(place, item.message)
          break
        case 'note':
          report.collectRemark(place, item.message)
          break
        case 'torn':
          sum.incomplete += 1
          break
      }
    }
  } finally {
    report.reportShared()
    if (sum.changed > 0)
      report.leftOut(name, 'messages that changed since they were imported stay as they are here')
    report.say(`${name}: ${summaryOf(sum)}`)
  }
  if (conversations === 0 && sum.refused > 0) {
    throw new CaughtupError('BAD_INPUT', 'No message in it could be read.', {
      field: 'FILE',
      value: name,
    })
  }
}

function summaryOf({
  added,
  known,
  changed,
  incomplete,
  refused,
}: Record<'added' | 'known' | 'changed' | 'incomplete' | 'refused', number>): string {
  return [
    `${added} added, ${known} known`,
    ...(changed > 0 ? [`${changed} changed since`] : []),
    ...(incomplete > 0 ? [`${incomplete} may still grow (see --final)`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ].join(', ')
}

/** The conversation's times, or else those of its first and last message. */
function timesOf({ createdAt, rows }: { createdAt?: number; rows: readonly ImportedRow[] }): Times {
  const all = rows.flatMap((row) => row.createdAt ?? [])
  const first =
    createdAt ?? all.reduce<number | undefined>((least, at) => Math.min(least ?? at, at), undefined)
  const recency =
    all.reduce<number | undefined>((most, at) => Math.max(most ?? at, at), undefined) ?? createdAt
  return {
    ...(first !== undefined && { createdAt: first }),
    ...(recency !== undefined && { recency }),
  }
}
