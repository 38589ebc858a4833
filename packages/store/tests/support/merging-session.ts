import type { ImportedRow } from '../../src/import/imported-row.ts'
import { type IdentifiedRow, identify } from '../../src/import/identify.ts'
import { importedMessage } from '../../src/import/imported-message.ts'
import { type Merge, mergeRows, type RowRange } from '../../src/import/merge-rows.ts'

/** A session as merging sees it, which applies a merge like a store. */
export class MergingSession {
  readonly messages: { id: string; text: string }[] = []
  readonly #ids: Set<string>
  readonly #counts = new Map<string, number>()

  /** @param ids - ids of messages that were not imported as rows, like those of an export */
  constructor(ids: Iterable<string> = []) {
    this.#ids = new Set(ids)
  }

  import(rows: readonly ImportedRow[]): Merge {
    return this.#merge(identify(rows))
  }

  /** Imports so many rows at a time. */
  importInParts(rows: readonly ImportedRow[], most: number): void {
    const seen = new Map<string, number>()
    for (let start = 0; start < rows.length; start += most) {
      const merge = this.#merge(identify(rows), { start, end: start + most, seen })
      for (const [identity, times] of merge.seen) seen.set(identity, times)
    }
  }

  #merge(rows: readonly IdentifiedRow[], range?: RowRange): Merge {
    const merge = mergeRows({ ids: this.#ids, counts: this.#counts }, rows, range)
    for (const { identity, count } of merge.identities) this.#counts.set(identity, count)
    for (const { row, messageId } of merge.added) {
      const { id, parts } = importedMessage(row, { id: messageId, now: 0 })
      if (this.#ids.has(id)) throw new Error(`There are two messages ${id}.`)
      this.#ids.add(id)
      this.messages.push({ id, text: JSON.stringify(parts) })
    }
    return merge
  }
}
