import type { ImportedRow } from '../../src/import/imported-row.ts'
import { identify } from '../../src/import/identify.ts'
import { importedMessage } from '../../src/import/imported-message.ts'
import { type Merge, mergeRows } from '../../src/import/merge-rows.ts'

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
    const merge = mergeRows({ ids: this.#ids, counts: this.#counts }, identify(rows))
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
