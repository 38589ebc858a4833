import { SortedList } from '../../base/sorted-list.ts'
import { byRecency } from '../../core/reading/feed-order.ts'
import type { Removal } from '../../port/activity.ts'
import type { ListPlace } from '../../port/sessions.ts'

interface Key {
  readonly key: number
}

interface Change extends Key {
  readonly position: number
}

/** A session in a principal's lists. */
interface Listed extends ListPlace, Change {}

/** A principal's sessions in each order in which they are read, and those that the principal lost. */
export class Feed {
  position = 0
  /** Removals up to this position are forgotten. */
  floor = 0
  /** Ascending by position. */
  readonly removals: Removal[] = []
  /** In the order in which they were made. */
  readonly made = new SortedList<Key, Key>((a, b) => a.key - b.key)
  /** The newest last, where places change most. */
  readonly recent = new SortedList<ListPlace, Listed>((a, b) => byRecency(b, a))
  readonly changed = new SortedList<Change, Change>(
    (a, b) => a.position - b.position || a.key - b.key,
  )
  readonly #listed = new Map<number, Listed>()

  /** Lists a session, or moves it to its new places. */
  put(listed: Listed): void {
    const { key, recency, position } = listed
    const known = this.#listed.get(key)
    this.#listed.set(key, listed)
    if (!known) this.made.add(listed)
    if (known?.recency !== recency) {
      if (known) this.recent.remove(known)
      this.recent.add(listed)
    }
    if (known?.position !== position) {
      if (known) this.changed.remove(known)
      this.changed.add(listed)
    }
  }

  remove(key: number): void {
    const listed = this.#listed.get(key)
    if (!listed) return
    this.#listed.delete(key)
    this.made.remove(listed)
    this.recent.remove(listed)
    this.changed.remove(listed)
  }

  copy(): Feed {
    const copy = new Feed()
    copy.position = this.position
    copy.floor = this.floor
    copy.removals.push(...this.removals)
    for (const listed of this.#listed.values()) copy.put(listed)
    return copy
  }
}
