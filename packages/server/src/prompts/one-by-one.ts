/** Makes calls with the same key wait for each other, so that a repeated one finds what the first did. */
export class OneByOne {
  readonly #underWay = new Map<string, Promise<unknown>>()

  async call<T>(key: string, work: () => Promise<T>): Promise<T> {
    const working = this.#after(this.#underWay.get(key), work)
    this.#underWay.set(key, working)
    try {
      return await working
    } finally {
      if (this.#underWay.get(key) === working) this.#underWay.delete(key)
    }
  }

  async #after<T>(earlier: Promise<unknown> | undefined, work: () => Promise<T>): Promise<T> {
    // The earlier call's error belongs to its caller; this one looks for itself.
    await Promise.allSettled([earlier])
    return work()
  }
}
