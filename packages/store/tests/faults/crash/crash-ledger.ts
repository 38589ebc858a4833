import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'

import type { Storage } from '../../../src/port/storage.ts'
import { everything, readWhole } from '../../support/check-database.ts'
import { type CrashLine, trace } from './crash-line.ts'

/** The known states of a message, as traces. */
interface Account {
  session: string
  given: string
  kept: string
  /** A state that it may have; unknown until it is acknowledged. */
  into?: string
}

/** Compares everything that was given and acknowledged, over all lives of the program, with the disk. */
export class CrashLedger {
  readonly #messages = new Map<string, Account>()
  readonly #journals = new Map<string, Event[]>()
  /** The age of the oldest text in each commit, in ms. */
  readonly waits: number[] = []
  /** The number of checked messages that were being written when the program was killed. */
  torn = 0

  /** Adds the lines of one program up to its kill. */
  take(lines: readonly CrashLine[]): void {
    /** The length of the given text when a commit begins, which that commit includes. */
    let committing = new Map<string, number>()
    /** The time of the oldest text that no commit has begun to write. */
    let waiting: number | undefined
    for (const line of lines) {
      switch (line.did) {
        case 'gave': {
          const { session, message, text } = line
          const account = this.#messages.get(message) ?? { session, given: '', kept: '' }
          account.given += text
          this.#messages.set(message, account)
          waiting ??= line.at
          break
        }
        case 'kept': {
          const account = this.#account(line.message)
          account.kept = account.given
          break
        }
        case 'changing':
          this.#account(line.message).into = line.into
          break
        case 'changed': {
          const account = this.#account(line.message)
          const { session, into = '' } = account
          this.#messages.set(line.message, { session, given: into, kept: into })
          break
        }
        case 'committing':
          committing = new Map([...this.#messages].map(([id, { given }]) => [id, given.length]))
          if (waiting !== undefined) this.waits.push(line.at - waiting)
          waiting = undefined
          break
        case 'committed':
          for (const [id, length] of committing) {
            const account = this.#account(id)
            if (account.kept.length < length) account.kept = account.given.slice(0, length)
          }
      }
    }
  }

  /** @throws AssertionError if acknowledged text is missing, or stored text was never given */
  async check(storage: Storage): Promise<void> {
    const { sessions } = await storage.sessions('me', { limit: everything })
    const found = new Map<string, string>()
    for (const { id } of sessions) {
      const { events, messages } = await readWhole(storage, id)
      for (const message of messages) found.set(message.id, trace(message))
      const before = this.#journals.get(id) ?? []
      assert.deepEqual(
        events.slice(0, before.length),
        before,
        `${id} has another past than before.`,
      )
      this.#journals.set(id, events)
    }
    for (const [id, account] of this.#messages) this.#checkMessage(id, account, found.get(id) ?? '')
    for (const id of found.keys()) assert(this.#messages.has(id), `Nobody gave ${id}.`)
    for (const { id } of (await storage.sessions('forks', { limit: everything })).sessions) {
      const { events, messages } = await readWhole(storage, id)
      const [forked] = events
      assert(forked?.type === 'forked' && forked.count === messages.length, `Fork ${id} is whole.`)
    }
  }

  #checkMessage(id: string, account: Account, found: string): void {
    const { session, given, kept, into } = account
    if (found !== into) {
      assert(found.startsWith(kept), `${id} lost something acknowledged: ${kept} became ${found}.`)
      assert(given.startsWith(found), `${id} has what nobody gave: ${given} became ${found}.`)
    }
    if (given !== kept) this.torn++
    this.#messages.set(id, { session, given: found, kept: found })
  }

  #account(message: string): Account {
    const account = this.#messages.get(message)
    assert(account, `Nobody gave ${message}.`)
    return account
  }
}
