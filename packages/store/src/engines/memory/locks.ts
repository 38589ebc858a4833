/** A session by its key, or another row by its name. */
export type Resource = number | string

/** Row locks: each is held by one owner until it is released. */
export class Locks {
  readonly #held = new Map<Resource, { owner: object; waiting: (() => void)[] }>()

  /** Takes a lock once nobody else holds it. */
  async acquire(owner: object, resource: Resource): Promise<void> {
    for (;;) {
      const held = this.#held.get(resource)
      if (!held) {
        this.#held.set(resource, { owner, waiting: [] })
        return
      }
      if (held.owner === owner) return
      await new Promise<void>((resolve) => held.waiting.push(resolve))
    }
  }

  /** Resolves when nobody else holds any of them. */
  async free(owner: object, resources: Iterable<Resource>): Promise<void> {
    const all = [...resources]
    for (;;) {
      const held = all
        .map((resource) => this.#held.get(resource))
        .find((lock) => lock !== undefined && lock.owner !== owner)
      if (!held) return
      await new Promise<void>((resolve) => held.waiting.push(resolve))
    }
  }

  holds(owner: object, resource: Resource): boolean {
    return this.#held.get(resource)?.owner === owner
  }

  /** Lets go of all that the owner holds. */
  release(owner: object): void {
    for (const [resource, held] of this.#held) {
      if (held.owner !== owner) continue
      this.#held.delete(resource)
      for (const resume of held.waiting) resume()
    }
  }
}
