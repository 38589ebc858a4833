import { CaughtupError } from '@caughtup/schema'
import { StorageError } from '@caughtup/store'

/** 0: all went well; 1: something was left out; 2: something could not be done. */
export type ExitCode = 0 | 1 | 2

/** Tells a person, line by line, what did not go as asked; and the program, how to end. */
export class Report {
  readonly #write: (text: string) => void
  #exitCode: ExitCode = 0
  /** What many places have in common: the first, and how many more. */
  readonly #common = new Map<string, { place: string; more: number }>()

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  get exitCode(): ExitCode {
    return this.#exitCode
  }

  say(text: string): void {
    this.#write(`${text}\n`)
  }

  /** Something was left out. */
  leftOut(place: string, what: string): void {
    this.say(`${place}: ${what}`)
    this.#endWith(1)
  }

  /** Something of a kind was left out, told by `tellCommon` for all places together. */
  leftOutOften(place: string, what: string): void {
    this.note(place, what)
    this.#endWith(1)
  }

  /** Something worth knowing, told by `tellCommon` for all places together. */
  note(place: string, what: string): void {
    const known = this.#common.get(what)
    if (known) known.more += 1
    else this.#common.set(what, { place, more: 0 })
  }

  tellCommon(): void {
    for (const [what, { place, more }] of this.#common) {
      this.say(`${place}: ${what}${more > 0 ? ` (and ${more} times more)` : ''}`)
    }
    this.#common.clear()
  }

  /** Something could not be done. */
  failed(place: string, error: unknown): void {
    this.say(`${place}: ${explain(error)}`)
    this.#endWith(2)
  }

  #endWith(code: ExitCode): void {
    if (code > this.#exitCode) this.#exitCode = code
  }
}

/** In one sentence where somebody can act on it; whatever else it is needs its stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isExpected =
    error instanceof CaughtupError || error instanceof StorageError || 'syscall' in error
  return isExpected ? error.message : (error.stack ?? error.message)
}
