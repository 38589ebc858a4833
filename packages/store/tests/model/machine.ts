import assert from 'node:assert/strict'

import type { View } from '@caughtup/schema/fold'
import { ManualClock, Random } from '@caughtup/schema/testing'

import { viewOf } from '../../src/conformance/support/views.ts'
import type { MessageWriter } from '../../src/compose/message-writer.ts'
import type { Storage } from '../../src/port/storage.ts'
import { createStore, type Store } from '../../src/store.ts'
import { assertSameView } from './assert-same-view.ts'
import { checkSession } from './check-session.ts'
import type { CrashableEngine } from '../support/crashable-engine.ts'
import { ModelFollower } from './model-follower.ts'
import { type MessageContent, OracleSession } from './oracle/oracle-session.ts'

/** A program's session with its oracle and its readers. */
export interface ModelSession {
  readonly id: string
  readonly oracle: OracleSession
  readonly snapshots: View[]
  readonly followers: ModelFollower[]
  /** The words written into each message, by its id. */
  readonly words: Map<string, string[]>
  /** Erased words. */
  readonly erased: string[]
  writing?: Writing | undefined
  /** An open message without a run. */
  draft?: OpenMessage | undefined
}

/** A message that is being written. */
export interface OpenMessage {
  readonly messageId: string
  /** Its states since its last known commit, oldest first. */
  states: MessageContent[]
}

/** The open answer of a run. */
export interface Writing extends OpenMessage {
  readonly runId: string
  readonly driver: 'writer' | 'update'
  writer: MessageWriter | undefined
}

/** Few, so that programs exceed it. */
const mostVersions = 3

/** A store on an engine, driven by the steps of a program. */
export class Machine {
  readonly clock = new ManualClock()
  readonly sessions: ModelSession[] = []
  readonly #random = new Random(1)
  #engine: CrashableEngine
  #open: { store: Store; storage: Storage } | undefined
  /** To be disposed of at the end. */
  readonly #left: { store: Store; engine: CrashableEngine }[] = []
  #names = 0

  constructor(engine: CrashableEngine) {
    this.#engine = engine
  }

  get store(): Store {
    assert(this.#open, 'The machine is started.')
    return this.#open.store
  }

  get storage(): Storage {
    assert(this.#open, 'The machine is started.')
    return this.#open.storage
  }

  async start(): Promise<void> {
    await this.#openStore()
    const id = this.name('session')
    const now = this.clock.now()
    await this.storage.createSession({ id, title: '', createdAt: now, members: ['me'] })
    this.add(id, new OracleSession(mostVersions))
  }

  add(id: string, oracle: OracleSession): ModelSession {
    const words = new Map<string, string[]>()
    const session = { id, oracle, snapshots: [], followers: [], words, erased: [] }
    this.sessions.push(session)
    return session
  }

  /** A unique word that is not a prefix of another. */
  name(kind: string): string {
    return `${kind}${String(++this.#names).padStart(4, '0')}`
  }

  /** The outcome of a call; time passes while it waits. */
  async until<T>(work: Promise<T>): Promise<T> {
    let over = false
    const end = () => (over = true)
    work.then(end, end)
    for (await this.#engine.settled(); !over; await this.#engine.settled()) {
      await this.clock.advance(1)
    }
    return work
  }

  /** Remembers the window that a new client gets now. */
  async snapshot(session: ModelSession): Promise<void> {
    const window = await this.until(this.store.window(session.id))
    session.snapshots.push(viewOf(window))
    this.flushed(session)
  }

  async follow(session: ModelSession): Promise<void> {
    const window = await this.until(this.store.window(session.id))
    this.flushed(session)
    session.followers.push(
      new ModelFollower(
        session.id,
        { view: viewOf(window), cursor: window.cursor },
        this.#engine.settled,
      ),
    )
  }

  async read(session: ModelSession): Promise<void> {
    const { floor } = await this.until(this.store.journal.summary(session.id))
    this.flushed(session)
    for (const follower of session.followers) await this.until(follower.read(this.store, floor))
  }

  /** Marks the current states of the session's open messages as committed. */
  flushed({ writing, draft, oracle }: ModelSession): void {
    for (const open of [writing, draft]) {
      if (open) open.states = [oracle.contentOf(open.messageId)]
    }
  }

  /** Gives the open answer a new writer, as a process has that goes on in it, unless its run waits. */
  attach({ id: sessionId, oracle, writing }: ModelSession): void {
    if (writing?.driver !== 'writer') return
    const { runId, messageId } = writing
    const { parts, metadata } = oracle.contentOf(messageId)
    const { custom } = metadata
    const { status, attempt = 1 } = oracle.runs.active ?? {}
    writing.writer =
      status === 'waiting'
        ? undefined
        : this.store.writer({ sessionId, runId, attempt, messageId, parts, custom })
  }

  async reopen(): Promise<void> {
    await this.until(this.store.close())
    for (const session of this.sessions) this.flushed(session)
    await this.#reconnect()
  }

  /** Kills the process; another one opens its database. */
  async crash(): Promise<void> {
    this.#left.push({ store: this.store, engine: this.#engine })
    this.#engine = this.#engine.crashed()
    await this.#reconnect()
  }

  /** Does all pending maintenance, and keeps only the newest journal entries. */
  async maintain(keep: number | undefined): Promise<void> {
    const retention = keep === undefined ? false : { age: 1e12, events: keep + 1 }
    for (let more = true; more;) more = await this.until(this.storage.maintain({ retention }))
  }

  /** Compares everything with the oracle. */
  async check(): Promise<void> {
    for (const session of this.sessions) {
      await this.until(checkSession(this.store, this.storage, session))
      this.flushed(session)
      await this.read(session)
      const fresh = viewOf(await this.until(this.store.window(session.id)))
      for (const { view } of session.followers) assertSameView(view, fresh, 'a follower')
    }
  }

  async end(): Promise<void> {
    this.#left.push({ store: this.store, engine: this.#engine })
    for (const { store, engine } of this.#left) {
      await this.until(store.close())
      await engine.dispose()
    }
  }

  async #openStore(): Promise<void> {
    const { clock } = this
    const random = this.#random.next
    const storage = await this.#engine.factory.open({ clock, random })
    const store = await createStore({
      clock,
      random,
      storage: { open: async () => storage },
      limits: { windowMessages: 5, pageDefault: 3, versionsPerPlace: mostVersions },
    })
    this.#open = { store, storage }
  }

  async #reconnect(): Promise<void> {
    for (const { followers } of this.sessions) for (const each of followers) each.disconnect()
    await this.#openStore()
    for (const session of this.sessions) await this.#recover(session)
  }

  /** Unacknowledged text may be lost, but only at its end. */
  async #recover(session: ModelSession): Promise<void> {
    const { id, oracle, writing, draft } = session
    const { open } = await this.until(this.store.head(id))
    const expected = [writing, draft].flatMap((each) => each ?? [])
    assert.equal(open.length, expected.length, `${id}: open messages.`)
    for (const each of expected) {
      const { messageId, states } = each
      const message = open.find(({ id: openId }) => openId === messageId)
      const { parts, metadata } = message ?? {}
      const found = states.find((state) => isSame(state, { parts, metadata }))
      assert(found, `${messageId} is what it never was, or lost what was acknowledged.`)
      oracle.setContent(messageId, found)
      each.states = [found]
    }
    this.attach(session)
  }
}

function isSame(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b)
    return true
  } catch {
    return false
  }
}
