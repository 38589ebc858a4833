import assert from 'node:assert/strict'

import { ChildProgram } from '../child-program.ts'
import type { PeerCommand, PeerSays } from './peer.ts'

type Seen = Extract<PeerSays, { said: 'saw' }>
type Answer = Exclude<PeerSays, Seen>

/** A process on a database that a test controls. */
export class PeerProcess {
  readonly #child: ChildProgram
  readonly #waiting: ((answer: Answer) => void)[] = []
  /** The batches of its follower. */
  readonly seen: Seen[] = []
  #heard = Promise.withResolvers<void>()

  constructor(file: string) {
    this.#child = new ChildProgram(new URL('peer.ts', import.meta.url), [file])
    void this.#listen()
  }

  async #listen(): Promise<void> {
    for (let line = await this.#child.hear(); line !== undefined; line = await this.#child.hear()) {
      const says: PeerSays = JSON.parse(line)
      if (says.said === 'saw') this.seen.push(says)
      else this.#waiting.shift()?.(says)
      this.#heard.resolve()
      this.#heard = Promise.withResolvers()
    }
  }

  /** Resolves with its answer; stays pending if it is killed before. */
  ask(command: PeerCommand): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#child.tell(JSON.stringify(command))
    })
  }

  /** @throws AssertionError if it is refused */
  async do(command: PeerCommand): Promise<Extract<Answer, { said: 'done' }>> {
    const answer = await this.ask(command)
    assert(answer.said === 'done', `${command.do} is refused: ${JSON.stringify(answer)}`)
    return answer
  }

  /** Resolves when its follower has seen a seq. */
  async sees(seq: number): Promise<void> {
    while ((this.seen.at(-1)?.entries.at(-1)?.seq ?? 0) < seq) await this.#heard.promise
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.signal(signal)
  }

  async kill(): Promise<void> {
    this.#child.signal('SIGKILL')
    await this.#child.end().catch(() => undefined)
  }
}
