import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'

import type { Storage } from '../../../src/port/storage.ts'
import { everything, readWhole } from '../../support/check-database.ts'
import { type CrashLine, trace } from './crash-line.ts'

/** What is known of a message, as traces. */
interface Account {
  session: string
  given: string
  kept: string
  /** It becomes this, or has become it: nobody knows before it is acknowledged. */
  into?: string
}

/** What was given and acknowledged over all lives of the program, held against what is on disk. */
export class CrashLedger {
  readonly #messages = new Map<string, Account>()
  readonly #journals = new Map<string, Event[]>()
  /** How long the oldest that a commit took had waited for it, in ms. */
  readonly waits: number[] = []
  /** Messages checked that were being written when the program was killed. */
  torn = 0

  /** Takes what one program said until it was killed. */
  take(lines: readonly CrashLine[]): void {
    /** Length of what was given when a commit begins: that commit has it all. */
    let committing = new Map<string, number>()
    /** When something was given first that no commit was begun for. */
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

  /** @throws AssertionError where something acknowledged is gone, or something is there that nobody gave */
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
