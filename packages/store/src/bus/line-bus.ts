import { background, type Clock, within } from '@caughtup/schema/clock'

import { Backoff } from '../base/backoff.ts'
import type { Bus } from '../port/bus.ts'
import { CollectedChanges } from './collected-changes.ts'
import { fits, readText, textsOf } from './texts.ts'

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

/** Carries texts between processes. Each process hears its own ones too. */
export interface Line {
  /** Bytes of a text at most. */
  readonly mostBytes: number
  /** Rejects if the text may not have been sent. */
  publish(text: string): Promise<void>
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

  send(note: string): boolean {
    if (this.#closed.signal.aborted || this.#isDown) return false
    if (!fits(note, this.#line.mostBytes)) return false
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
    const told = readText(text)
    if (told?.from === this.#name) return
    if (!told || told.sessions === 'all') this.#collected.noticeAll()
    else if (told.sessions.size > 0) {
      const members = [...told.sessions].filter(([, changed]) => changed).map(([id]) => id)
      this.#collected.notice(told.sessions.keys(), members)
    }
    for (const note of told?.notes ?? []) {
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
      const told = { from: this.#name, sessions: this.#sessions, notes: this.#notes }
      this.#sessions = new Map()
      this.#notes = []
      this.#noteBytes = 0
      this.#mustCheck = false
      try {
        for (const text of textsOf(told, this.#line.mostBytes)) await this.#line.publish(text)
        backoff.reset()
        this.#isDown = false
      } catch (error) {
        this.#isDown = true
        // What the line itself said says more.
        this.#failure ??= error
        this.#unsent(told.sessions)
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
      this.#mustCheck
    )
  }

  #unsent(sessions: ReadonlyMap<string, boolean> | 'all'): void {
    if (sessions === 'all') this.#sessions = 'all'
    else for (const [id, members] of sessions) this.announce([id], { members })
  }
}

function notHeard(): Error {
  return new Error('Nothing is heard from other processes, and not this one itself either.')
}
