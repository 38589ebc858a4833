import { type ManualClock, Random } from '@caughtup/schema/testing'

import { listEvents, summarise } from '../../src/core/reading/list-events.ts'
import { checkCursor } from '../../src/core/reading/cursor-verdict.ts'
import { readPage } from '../../src/core/reading/read-page.ts'
import type { Slice } from '../../src/port/commit.ts'
import type { ListQuery } from '../../src/port/sessions.ts'
import type { Retention, Storage } from '../../src/port/storage.ts'
import { everything, rowOf } from '../../src/conformance/support/reads.ts'
import type { CrashableEngine } from '../support/crashable-engine.ts'
import { type Call, principals } from './call.ts'
import { FeedSteps } from './feed-steps.ts'
import { type Names, sessionIds } from './names.ts'
import { committed, errorOf, type Outcome, plain } from './outcome.ts'
import { activeRuns, holders, idlePages, promptPages } from './read-lists.ts'
import { byOwner, changed, filterOf, maintainAll, pages, placeOf, readOn } from './reads.ts'

/** An engine's database, opened twice, with injected random numbers and time. */
export class EngineUnderTest {
  readonly #engine: CrashableEngine
  readonly #clock: ManualClock
  readonly #random: Random
  readonly #storages: Storage[] = []
  readonly #left: Storage[] = []
  readonly #steps = new FeedSteps()

  private constructor(engine: CrashableEngine, clock: ManualClock, seed: number) {
    this.#engine = engine
    this.#clock = clock
    this.#random = new Random(seed)
  }

  static async open(database: CrashableEngine, clock: ManualClock, seed: number) {
    const engine = new EngineUnderTest(database, clock, seed)
    engine.#storages.push(await engine.#open(), await engine.#open())
    await engine.stepped()
    return engine
  }

  storage(opening: 0 | 1): Storage {
    const storage = this.#storages[opening]
    if (!storage) throw new Error('Both openings are open.')
    return storage
  }

  async perform(
    opening: 0 | 1,
    call: Call,
    names: Names,
    slices: readonly Slice[],
  ): Promise<Outcome> {
    try {
      return { value: plain(await this.#value(opening, call, names, slices)) }
    } catch (error) {
      return { error: errorOf(error) }
    }
  }

  maintain(opening: 0 | 1, retention: Retention = false): Promise<void> {
    return maintainAll(this.storage(opening), retention)
  }

  async close(): Promise<void> {
    for (const storage of [...this.#storages, ...this.#left]) await storage.close()
    await this.#engine.dispose()
  }

  async #value(
    opening: 0 | 1,
    call: Call,
    names: Names,
    slices: readonly Slice[],
  ): Promise<unknown> {
    const storage = this.storage(opening)
    const id =
      'session' in call && call.session !== undefined ? names.session(call.session) : 'nowhere'
    switch (call.call) {
      case 'create':
        return storage.createSession({
          id,
          title: call.title,
          createdAt: names.at(0),
          members: call.members,
          ...(call.metadata && { metadata: call.metadata }),
        })
      case 'commit':
        return (await storage.commit(slices, { owes: true })).map(committed)
      case 'events':
        return readOn(storage, id, call)
      case 'window':
        return storage.messages(id, call)
      case 'page':
        return readPage(storage, id, placeOf(call), call)
      case 'message':
        return storage.message(id, names.message(id, call.pick))
      case 'versions':
        return storage.versions(id, names.message(id, call.pick))
      case 'head':
        return storage.state(id)
      case 'session':
        return storage.session(id)
      case 'continueErase':
        while (await storage.maintain({ erase: id }));
        return undefined
      case 'delete':
        // The members who saw it, in no order.
        return (await storage.deleteSession(id)).toSorted()
      case 'checkCursor':
        return checkCursor(
          storage,
          id,
          call.change === 'none'
            ? names.cursor(call.pick)
            : changed((await storage.state(id)).cursor, call.pick, call.change),
        )
      case 'list': {
        const from = call.newest ? 'newest' : 'oldest'
        return listEvents(storage, id, {
          filter: filterOf(call.filter),
          from,
          limit: call.limit,
          bytes: call.bytes,
        })
      }
      case 'summary':
        return summarise(storage, id, filterOf(call.filter))
      case 'search': {
        const scope = call.session === undefined ? { principal: call.principal } : { sessionId: id }
        return storage.search({ text: call.text, in: scope, limit: call.limit })
      }
      case 'lookup':
        return storage.lookup(id, {
          identities: ['i0', 'i1', 'i2', 'i3', 'none'],
          messageIds: [...names.messages(id), 'nothing'],
        })
      case 'members':
        return byOwner(await storage.members(id))
      case 'sessionFor':
        return storage.session(id, call.principal)
      case 'activityRow':
        return this.#activityRow(opening, call.principal, id)
      case 'sessions':
        return pages((query: ListQuery) => storage.sessions(call.principal, query), call.limit)
      case 'update': {
        const { title, metadata, ifTitle } = call
        return storage.updateSession(id, {
          at: names.at(0),
          ...(title !== undefined && { title }),
          ...(metadata && { metadata }),
          ...(ifTitle !== undefined && { ifTitle }),
        })
      }
      case 'addMember':
        return storage.addMember(id, call.principal, call.most)
      case 'removeMember':
        return storage.removeMember(id, call.principal)
      case 'forgetRemovals':
        return storage.forgetRemovals(call.principal)
      case 'fork': {
        const made = {
          id: names.session(call.into),
          title: 'Fork',
          createdAt: names.at(0),
          members: ['ann', 'bob'],
        }
        await storage.beginFork({ sourceId: id, upTo: call.pick, session: made })
        if (call.whole) while (await storage.maintain({ fork: made.id }));
        return undefined
      }
      case 'continueFork':
        while (await storage.maintain({ fork: id }));
        return undefined
      case 'activity':
        return this.#steps.changes(storage, call.principal, call)
      case 'activityPage':
        return this.#activityPages(opening, call.principal, call.limit)
      case 'activityRows':
        return this.#activityRows(opening, call.principal, call.limit)
      case 'markRead':
        return storage.markRead(id, call.principal, call.upTo)
      case 'heartbeat':
        return storage.heartbeat()
      case 'activeRuns':
        return [await activeRuns(storage), await activeRuns(storage, [])]
      case 'prompts':
        return promptPages(storage, call.principal, call)
      case 'ledgers':
        return [...(await storage.ledgers(id, { from: 1, upTo: 2 }))].toSorted(([a], [b]) => a - b)
      case 'idleSessions':
        return idlePages(storage, call.limit)
      case 'owed':
        return [await storage.owed.list(call.limit), await holders(storage)]
      case 'takeOwed': {
        const found = await holders(storage)
        const holder = found[call.pick % Math.max(1, found.length)]
        return holder && storage.owed.take(holder.process)
      }
      case 'settleOwed':
      case 'postponeOwed': {
        const owed = await storage.owed.list(100)
        const id = owed[call.pick % Math.max(1, owed.length)]?.hook.id ?? 'nothing'
        if (call.call === 'settleOwed') return storage.owed.settle(id)
        return storage.owed.postpone(id, call.pick * 5)
      }
      case 'maintain':
        return this.maintain(opening)
      case 'retain':
        return this.maintain(opening, { age: call.age, events: call.events })
      case 'trim':
        return storage.maintain({ trim: id, upTo: call.upTo })
      case 'everything':
        return this.everything(opening)
      case 'reopen':
        if (call.closed) await storage.close()
        else this.#left.push(storage)
        this.#storages[opening] = await this.#open()
        return undefined
    }
  }

  /** Every read through one opening. */
  async everything(opening: 0 | 1): Promise<unknown> {
    const storage = this.storage(opening)
    const sessions: Record<string, unknown> = {}
    for (const id of sessionIds) {
      if (!(await storage.session(id))) continue
      const read = await everything(storage, id)
      const activity = await this.#activityRow(opening, 'ann', id)
      sessions[id] = { ...read, activity }
    }
    const lists: Record<string, unknown> = {}
    for (const principal of principals) {
      lists[principal] = [
        await pages((query: ListQuery) => storage.sessions(principal, query), 2),
        await this.#activityPages(opening, principal, 2),
        await this.#activityRows(opening, principal, 3),
        await this.#steps.changes(storage, principal, { since: 0, limit: 1_000 }),
      ]
    }
    return { sessions, lists, owed: await storage.owed.list(1_000) }
  }

  /** To be called after each step of the program. */
  async stepped(): Promise<void> {
    await this.#steps.note(this.storage(0))
  }

  async #activityRow(opening: 0 | 1, principal: string, id: string) {
    const row = await rowOf(this.storage(opening), principal, id)
    return row && this.#steps.row(principal, row)
  }

  async #activityPages(opening: 0 | 1, principal: string, limit: number) {
    const storage = this.storage(opening)
    const read = await pages(async (query: ListQuery) => {
      const step = await storage.activity(principal, { by: 'recency', ...query })
      const { rows, position, nextPlace } = step
      return { rows, position, ...(nextPlace && { next: nextPlace }) }
    }, limit)
    return read.map((page) => this.#steps.page(principal, page))
  }

  async #activityRows(opening: 0 | 1, principal: string, limit: number) {
    const storage = this.storage(opening)
    const read = await pages(
      (query: { after?: number; limit: number }) =>
        storage.activity(principal, { by: 'creation', ...query }),
      limit,
    )
    // Where the next page begins is a number of the engine's own.
    return read.map(({ next, ...page }) => ({
      ...this.#steps.page(principal, page),
      hasNext: next !== undefined,
    }))
  }

  #open(): Promise<Storage> {
    return this.#engine.factory.open({ clock: this.#clock, random: this.#random.next })
  }
}
