import type { ActivityFrame } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import { type Client, openTestServer } from './support/open-test-server.ts'
import { sharedDatabases } from './shared-databases.ts'

/** What a client that goes from server to server has. */
class Follower {
  readonly #titles = new Map<string, string>()
  /** What was told of each session: the positions are ascending. */
  readonly told: { sessionId: string; revision: number }[] = []
  cursor: string | undefined
  completeLists = 0

  get titles(): Record<string, string> {
    return Object.fromEntries(this.#titles)
  }

  /** Reads on through a server until it is caught up, and then so many frames more at most. */
  async readOn(client: Client, more: number): Promise<void> {
    const since = this.cursor === undefined ? {} : { since: this.cursor }
    const stream = await client.activity.subscribe(since)
    let left = more
    let isCaughtUp = false
    for await (const frame of stream) {
      if (frame.type === 'caught-up') isCaughtUp = true
      this.#take(frame)
      if (isCaughtUp && left-- <= 0) break
    }
  }

  #take(frame: ActivityFrame): void {
    if (frame.type === 'caught-up') this.cursor = frame.cursor
    if (frame.type === 'activities') {
      if (frame.complete) this.completeLists++
      for (const row of frame.rows) this.#put(row)
    }
    if (frame.type === 'changed') this.#put(frame.row)
    if (frame.type === 'removed') {
      this.told.push(frame)
      this.#titles.delete(frame.sessionId)
    }
  }

  #put(row: { sessionId: string; title: string; revision: number }): void {
    this.told.push(row)
    this.#titles.set(row.sessionId, row.title)
  }
}

describe.each(sharedDatabases)('a cursor of the session list on %s', (_, make) => {
  test('goes on at another server while both write: nothing is lost, and nothing comes twice', async () => {
    const { storage } = await make()
    const limits = { createsPerMinute: 1_000, changesPerMinute: 1_000 }
    const servers = [
      await openTestServer({ storage: storage(), limits }),
      await openTestServer({ storage: storage(), limits }),
    ]
    // So that each knows that the other one is alive.
    for (let beat = 0; beat < 2; beat++) for (const { store } of servers) await store.heartbeat()
    const follower = new Follower()
    await follower.readOn(servers[0]!.client('ann'), 0)
    const kept: Record<string, string> = {}
    let isOver = false
    const write = async (client: Client, name: string) => {
      for (let n = 0; n < 12; n++) {
        const { id: sessionId } = await client.sessions.create({ title: `${name}${n}` })
        await client.sessions.update({ sessionId, title: `${name}${n}, renamed` })
        if (n % 3 === 0) await client.sessions.delete({ sessionId })
        else kept[sessionId] = `${name}${n}, renamed`
      }
    }
    const follow = async () => {
      for (let round = 0; !isOver; round++) {
        await follower.readOn(servers[round % 2]!.client('ann'), 0)
      }
    }
    const writing = servers.map((server, index) => write(server.client('ann'), `${index}-`))
    const following = follow()
    await Promise.all(writing)
    isOver = true
    await following
    // What was written last.
    for (const { client } of servers) await follower.readOn(client('ann'), 0)
    expect(follower.titles).toEqual(kept)
    expect(follower.completeLists).toBe(1)
    const seen = follower.told.map(({ sessionId, revision }) => `${sessionId} ${revision}`)
    expect(seen.filter((each, index) => seen.indexOf(each) !== index)).toEqual([])
    const bySession = Map.groupBy(follower.told, ({ sessionId }) => sessionId)
    for (const told of bySession.values()) {
      const revisions = told.map(({ revision }) => revision)
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
    }
  })
})
