import type { ForeignRow } from '../foreign-row.ts'
import { identify } from '../identify.ts'
import { importedMessage } from '../imported-message.ts'
import { type Merge, mergeRows } from '../merge-rows.ts'

/** A session as far as merging sees it, which does with a merge what a store would. */
export class MergingSession {
  readonly messages: { id: string; text: string }[] = []
  readonly #ids = new Set<string>()
  readonly #counts = new Map<string, number>()

  import(rows: readonly ForeignRow[]): Merge {
    const merge = mergeRows({ ids: this.#ids, counts: this.#counts }, identify(rows))
    for (const { identity, count } of merge.identities) this.#counts.set(identity, count)
    for (const row of merge.added) {
      const newId = () => `new-${this.#ids.size}`
      const { id, parts } = importedMessage(row, { newId, now: 0 })
      this.#ids.add(id)
      this.messages.push({ id, text: JSON.stringify(parts) })
    }
    return merge
  }
}
