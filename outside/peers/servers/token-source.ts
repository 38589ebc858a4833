/** What a model would be for a peer: tokens that are pushed here and read there, one by one. */
export class TokenSource implements AsyncIterable<string> {
  readonly #tokens: string[] = []
  #wake: () => void = () => {}
  #taken: () => void = () => {}

  /** Resolves once the reader has asked for the next token, so that a writer never runs ahead. */
  async push(text: string): Promise<void> {
    this.#tokens.push(text)
    this.#wake()
    await new Promise<void>((resolve) => (this.#taken = resolve))
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, never> {
    for (;;) {
      const text = this.#tokens.shift()
      if (text === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
      else {
        yield text
        this.#taken()
      }
    }
  }
}
