import { background, type Clock, within } from '@caughtup/schema/clock'

import { Backoff } from '../base/backoff.ts'
import type { Bus, CommittedBatch } from '../port/bus.ts'
import { batchJson } from './batches.ts'
import { CollectedChanges } from './collected-changes.ts'
import { beginning, fits, readText, textsOf } from './texts.ts'

/** Sessions that are named to the others; where more wait to be told, all are said to have changed. */
const mostNamed = 5_000
/** Bytes of notes that wait to be sent; beyond that the oldest go. */
const mostWaiting = 1_048_576
/**
 * How often a listener looks whether it still hears, in ms, and how often it says that everything may have
 * changed while it does not.
 */
const checkEvery = 2_000
/** How long closing waits for what is still to be told, in ms. */
const closeTime = 1_000
/**
 * How much of the texts that are sent one after another are batches at most, in texts; the rest is named. With NOTIFY
 * that is about a window of 300 answers. A text carries some 25 batches there, and costs PostgreSQL for each listener
 * about what it costs to read one of them.
 */
const textsOfBatches = 12
/** Ms after which other processes from which nothing was heard count as gone: nobody would use a batch. */
const othersGone = 3 * checkEvery

/** Carries texts between processes. Each process hears its own ones too. */
export interface Line {
  /** Bytes of a text at most. */
  readonly mostBytes: number
  /** In this order; rejects if one of them may not have been sent. */
  publish(texts: readonly string[]): Promise<void>
  close(): Promise<void>
}

/**
 * A bus on a line of texts. What is announced while a text is under way goes with the next one, and what
 * could not be sent is announced again. It notices that it has become deaf, for whatever reason, when it
 * does not hear itself; then everything counts as changed every 2 s.
 */
export class LineBus implements Bus {
  readonly #line: Line
  readonly #clock: Clock
  /** This opening among the others. */
  readonly #name: string
  readonly #collected = new CollectedChanges()
  readonly #closed = new AbortController()
  readonly #listeners = new Set<(note: string) => void>()
  #sessions: Map<string, boolean> | 'all' = new Map()
  #notes: string[] = []
  #noteBytes = 0
  /** With their sessions. */
  #batches: { sessionId: string; json: string }[] = []
  #batchBytes = 0
  /** Whether an empty text is to be sent, to be heard by this bus itself. */
  #mustCheck = false
  #sending: Promise<void> | undefined
  /** Whether the newest text could not be sent. */
  #isDown = false
  /** Ends the wait after texts that could not be sent; set during it. */
  #retry: AbortController | undefined
  #closing: Promise<void> | undefined
  #waiting = 0
  #checkAt: number
  #cancelCheck = () => {}
  /** Whether anything was heard since the last check. */
  #heard = true
  #failure: unknown
  /** When another process was heard last. */
  #othersAt = -Infinity

  constructor(line: Line, { clock, name }: { clock: Clock; name: string }) {
    this.#line = line
    this.#clock = clock
    this.#name = name
    this.#checkAt = clock.monotonic() + checkEvery
  }

  announce(sessionIds: readonly string[], { members }: { members: boolean }): void {
    if (this.#sessions !== 'all') {
      for (const id of sessionIds) {
        this.#sessions.set(id, members || this.#sessions.get(id) === true)
      }
      if (this.#sessions.size > mostNamed) this.#sessions = 'all'
    }
    this.#send()
  }

  committed(batches: readonly CommittedBatch[]): void {
    const named: string[] = []
    const canCarry = this.#clock.monotonic() - this.#othersAt < othersGone
    for (const batch of batches) {
      const json = canCarry && !this.#isDown ? batchJson(batch) : ''
      if (json && this.#hasRoom(json)) this.#batches.push({ sessionId: batch.sessionId, json })
      else named.push(batch.sessionId)
    }
    this.announce(named, { members: false })
  }

  #hasRoom(json: string): boolean {
    const { mostBytes } = this.#line
    const isCarried =
      this.#batchBytes + json.length <= textsOfBatches * mostBytes && fits(json, mostBytes)
    if (isCarried) this.#batchBytes += json.length
    return isCarried
  }

  doubt(): void {
    this.#collected.noticeAll()
  }

  send(note: string): boolean {
    if (this.#closed.signal.aborted || this.#isDown) return false
    if (!fits(JSON.stringify(note), this.#line.mostBytes)) return false
    this.#notes.push(note)
    this.#noteBytes += note.length
    while (this.#noteBytes > mostWaiting) {
      this.#noteBytes -= this.#notes.shift()?.length ?? 0
    }
    this.#send()
    return true
  }

  listen(listener: (note: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async next(signal: AbortSignal) {
    if (this.#waiting++ === 0) this.#checkLater()
    try {
      return await this.#collected.next(signal)
    } finally {
      if (--this.#waiting === 0) this.#cancelCheck()
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#closed.abort()
    this.#collected.close()
    this.#retry?.abort()
    // Others would hear of the last commits only with the next ones.
    if (this.#sending) await within(this.#sending, this.#clock, closeTime)
    await this.#line.close()
  }

  /** To be called with each text that the line brings. */
  hear(text: string): void {
    this.#heard = true
    if (text.startsWith(beginning(this.#name))) return
    const told = readText(text)
    if (!told) return this.#collected.noticeAll(notUnderstood(text))
    this.#othersAt = this.#clock.monotonic()
    if (told.sessions === 'all') this.#collected.noticeAll()
    else if (told.sessions.size > 0) {
      const members = [...told.sessions].filter(([, changed]) => changed).map(([id]) => id)
      this.#collected.notice(told.sessions.keys(), members)
    }
    for (const batch of told.batches) this.#collected.noticeBatch(batch)
    for (const note of told.notes) {
      for (const listener of this.#listeners) listener(note)
    }
  }

  /** To be called when the line is back: others may have written meanwhile. */
  connected(): void {
    this.#heard = true
    this.#failure = undefined
    this.#collected.noticeAll()
    this.#retry?.abort()
  }

  /** To be called with the reason when the line is lost. */
  failed(error: unknown): void {
    this.#failure = error
  }

  #checkLater(): void {
    this.#cancelCheck = background(this.#clock).after(
      this.#checkAt - this.#clock.monotonic(),
      () => {
        this.#checkAt = this.#clock.monotonic() + checkEvery
        if (!this.#heard) this.#collected.noticeAll(this.#failure ?? notHeard())
        this.#heard = false
        this.#mustCheck = true
        this.#send()
        this.#checkLater()
      },
    )
  }

  #send(): void {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
      if (this.#hasMore() && !this.#closed.signal.aborted) this.#send()
    })
  }

  async #sendAll(): Promise<void> {
    const backoff = new Backoff({ first: 50, last: checkEvery })
    while (this.#hasMore()) {
      const [sessions, notes, batches] = [this.#sessions, this.#notes, this.#batches]
      this.#sessions = new Map()
      this.#notes = []
      this.#noteBytes = 0
      this.#batches = []
      this.#batchBytes = 0
      this.#mustCheck = false
      try {
        const told = { sessions, notes, batches: batches.map(({ json }) => json) }
        await this.#line.publish(textsOf(this.#name, told, this.#line.mostBytes))
        backoff.reset()
        this.#isDown = false
      } catch (error) {
        this.#isDown = true
        // What the line itself said says more.
        this.#failure ??= error
        this.#unsent(sessions)
        this.announce(
          batches.map(({ sessionId }) => sessionId),
          { members: false },
        )
        // So that it notices when the line is back.
        this.#mustCheck = true
        if (this.#closed.signal.aborted) return
        this.#retry = new AbortController()
        await backoff.wait(this.#clock, this.#retry.signal)
        this.#retry = undefined
      }
    }
  }

  #hasMore(): boolean {
    return (
      this.#sessions === 'all' ||
      this.#sessions.size > 0 ||
      this.#notes.length > 0 ||
      this.#batches.length > 0 ||
      this.#mustCheck
    )
  }

  #unsent(sessions: ReadonlyMap<string, boolean> | 'all'): void {
    if (sessions === 'all') this.#sessions = 'all'
    else for (const [id, members] of sessions) this.announce([id], { members })
  }
}

function notUnderstood(text: string): Error {
  return new Error(
    `A text of ${text.length} characters on the bus was not written by a store of this version; it is left out.`,
  )
}

function notHeard(): Error {
  return new Error('Nothing is heard from other processes, and not this one itself either.')
}
