/** The owner of every session, and those who come and go. */
export const owner = 'me'
export const guests = ['ann', 'bob'] as const

/**
 * What is known of who was removed. A removal that a process has confirmed ends every follower there
 * before, unless the principal may have been added again meanwhile.
 */
export class Membership {
  /** Additions whose outcome is unknown: one of a killed process stays so. */
  readonly #adding = new Map<string, number>()
  /** Additions that ever began. */
  readonly #added = new Map<string, number>()
  readonly #removed = new Set<string>()

  /** To be called before a principal is added; the returned function when that has its outcome. */
  adds(sessionId: string, principal: string): () => void {
    const key = `${sessionId} ${principal}`
    this.#adding.set(key, (this.#adding.get(key) ?? 0) + 1)
    this.#added.set(key, (this.#added.get(key) ?? 0) + 1)
    for (const place of this.#removed) if (place.endsWith(` ${key}`)) this.#removed.delete(place)
    return () => this.#adding.set(key, (this.#adding.get(key) ?? 1) - 1)
  }

  /** To be called before a principal is removed; the returned function when its process confirms it. */
  removes(process: string, sessionId: string, principal: string): () => void {
    const key = `${sessionId} ${principal}`
    const before = this.#added.get(key)
    return () => {
      const mayBeAdded = (this.#adding.get(key) ?? 0) > 0 || this.#added.get(key) !== before
      if (!mayBeAdded) this.#removed.add(`${process} ${key}`)
    }
  }

  /** Whether a process must not show the session to the principal any more. */
  isRemoved(process: string, sessionId: string, principal: string): boolean {
    return this.#removed.has(`${process} ${sessionId} ${principal}`)
  }

  /** Everything is as it was at some earlier moment. */
  forget(): void {
    this.#adding.clear()
    this.#removed.clear()
  }
}
