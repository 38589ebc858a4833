import { CaughtupError } from '@caughtup/schema'
import { StorageError } from '@caughtup/store'

/** 0: success; 1: something was left out; 2: something failed. */
export type ExitCode = 0 | 1 | 2

/** Writes messages for people, and determines the program's exit code. */
export class Report {
  readonly #write: (text: string) => void
  #exitCode: ExitCode = 0
  /** Messages that many places share: the first place, and how many more. */
  readonly #shared = new Map<string, { place: string; more: number }>()

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  get exitCode(): ExitCode {
    return this.#exitCode
  }

  say(text: string): void {
    this.#write(`${text}\n`)
  }

  /** Reports an omission. */
  leftOut(place: string, what: string): void {
    this.say(`${place}: ${what}`)
    this.#endWith(1)
  }

  /** Collects an omission that may be frequent, for `reportShared` to report once. */
  collectOmission(place: string, what: string): void {
    this.collectRemark(place, what)
    this.#endWith(1)
  }

  /** Collects a remark, for `reportShared` to report once. */
  collectRemark(place: string, what: string): void {
    const known = this.#shared.get(what)
    if (known) known.more += 1
    else this.#shared.set(what, { place, more: 0 })
  }

  reportShared(): void {
    for (const [what, { place, more }] of this.#shared) {
      this.say(`${place}: ${what}${more > 0 ? ` (and ${more} more times)` : ''}`)
    }
    this.#shared.clear()
  }

  /** Reports a failure. */
  failed(place: string, error: unknown): void {
    this.say(`${place}: ${explain(error)}`)
    this.#endWith(2)
  }

  #endWith(code: ExitCode): void {
    if (code > this.#exitCode) this.#exitCode = code
  }
}

/** The message of an error that a user can act on; the stack of any other. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isExpected =
    error instanceof CaughtupError || error instanceof StorageError || 'syscall' in error
  return isExpected ? error.message : (error.stack ?? error.message)
}
