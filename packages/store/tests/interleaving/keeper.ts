import { CaughtupError } from '@caughtup/schema'
import type { Random } from '@caughtup/schema/testing'

import type { Storage } from '../../src/port/storage.ts'
import { FeedReader, JournalReader } from './readers.ts'
import { isPassing } from './writer.ts'

interface KeeperOptions {
  storage: Storage
  random: Random
  sessions: readonly string[]
  principals: readonly string[]
  /** Entries that retention keeps; `undefined` for all. */
  kept: number | undefined
}

/** The other work of a process: sessions, marks, maintenance and readers. */
export class Keeper {
  readonly #options: KeeperOptions
  readonly feeds: FeedReader[]
  readonly journals: JournalReader[]

  constructor(options: KeeperOptions) {
    const { storage, principals, sessions } = options
    this.#options = options
    this.feeds = principals.map((principal) => new FeedReader(storage, principal))
    this.journals = sessions.map((id) => new JournalReader(storage, id))
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      try {
        await this.#step()
      } catch (error) {
        const isMissing = error instanceof CaughtupError && error.code === 'NOT_FOUND'
        const isInUse = error instanceof CaughtupError && error.code === 'CONFLICT'
        if (!isMissing && !isInUse && !isPassing(error)) throw error
      }
    }
  }

  async #step(): Promise<void> {
    const { storage, random, sessions, principals, kept } = this.#options
    const sessionId = random.pick(sessions)
    const action = random.weighted({
      feed: 6,
      journal: 10,
      maintain: 6,
      title: 2,
      mark: 2,
      join: 2,
      leave: 2,
      delete: 0.7,
      create: 2,
      fork: 0.7,
      alive: 1,
    })
    switch (action) {
      case 'feed':
        return random.pick(this.feeds).readOn()
      case 'journal':
        return random.pick(this.journals).readOn()
      case 'maintain': {
        const retention = kept === undefined ? false : { age: 1e15, events: kept }
        await storage.maintain({ retention })
        return
      }
      case 'title': {
        const title = `Title ${random.between(1, 99)}`
        await storage.updateSession(sessionId, { title, at: 1 })
        return
      }
      case 'mark':
        await storage.markRead(sessionId, random.pick(principals), random.between(1, 30))
        return
      case 'join':
        await storage.addMember(sessionId, random.pick(principals), 100)
        return
      case 'leave':
        await storage.removeMember(sessionId, random.pick(principals))
        return
      case 'delete':
        await storage.deleteSession(sessionId)
        return
      case 'create':
        await this.create(sessionId)
        return
      case 'fork': {
        const session = {
          id: random.pick(sessions),
          title: 'Fork',
          createdAt: 1,
          members: principals,
        }
        await storage.beginFork({ sourceId: sessionId, upTo: random.between(1, 30), session })
        return
      }
      case 'alive':
        await storage.heartbeat()
        await storage.activeRuns([...(await storage.processes.holders()).keys()])
    }
  }

  async create(id: string): Promise<void> {
    const { storage, random, principals } = this.#options
    const members = principals.filter(() => random.chance(0.7))
    await storage.createSession({ id, title: '', createdAt: 1, members })
  }
}
