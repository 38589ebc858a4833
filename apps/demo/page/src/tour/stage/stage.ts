import type { ServerStats } from '@caughtup/schema'
import type { SessionSnapshot } from '@caughtup/web-client'

import { createDemoClient, type DemoClient, type DemoSession } from '../../client/demo-client.ts'
import { NetworkSwitch } from '../../client/network-switch.ts'
import { readJournal, type Journal } from '../evidence/read-journal.ts'
import { wordsOf } from '../evidence/tally.ts'

/** A client with a connection of its own, as on another device. */
export interface Device {
  client: DemoClient
  session: DemoSession
}

export interface StageOptions {
  client: DemoClient
  network: NetworkSwitch
  sessionId: string
  signal: AbortSignal
  /** Saves what a step needs, and loads the page anew; the step's `resume` goes on. */
  reload: (saved: SavedStep) => Promise<never>
}

/** What a step keeps over a reload. */
export interface SavedStep {
  /** Of the messages before the step. */
  after: number
  /** Tokens that the page held when it was left. */
  held: number
}

/** How long a step may wait for one thing, in ms. */
const patience = 90_000

/** What a step works with: the page's session, further devices, and the session's journal. */
export class Stage {
  readonly client: DemoClient
  readonly session: DemoSession
  readonly network: NetworkSwitch
  readonly signal: AbortSignal
  readonly reload: StageOptions['reload']
  readonly #opened = new DisposableStack()

  constructor({ client, network, sessionId, signal, reload }: StageOptions) {
    this.client = client
    this.session = client.session(sessionId)
    this.network = network
    this.signal = signal
    this.reload = reload
    this.#opened.defer(this.session.subscribe(() => {}))
  }

  close(): void {
    this.#opened.dispose()
  }

  /** Another device that shows a session. It is closed with the stage. */
  otherDevice(sessionId = this.session.sessionId): Device {
    const client = createDemoClient('auto', new NetworkSwitch(), { isOtherDevice: true })
    const session = client.session(sessionId)
    this.#opened.defer(session.subscribe(() => {}))
    this.#opened.defer(() => client.close())
    return { client, session }
  }

  /** Resolves with the first snapshot of a session that satisfies a condition. */
  until(
    condition: (snapshot: SessionSnapshot) => boolean,
    session: DemoSession = this.session,
  ): Promise<SessionSnapshot> {
    const limit = AbortSignal.any([this.signal, AbortSignal.timeout(patience)])
    return new Promise((resolve, reject) => {
      const settle = () => {
        unsubscribe()
        limit.removeEventListener('abort', fail)
      }
      const look = () => {
        const snapshot = session.getSnapshot()
        if (!condition(snapshot)) return
        settle()
        resolve(snapshot)
      }
      const fail = () => {
        settle()
        const reason = this.signal.aborted
          ? 'You gave up this step.'
          : `What this step waits for did not happen within ${patience / 1_000} s.`
        reject(new Error(reason))
      }
      const unsubscribe = session.subscribe(look)
      limit.addEventListener('abort', fail)
      look()
    })
  }

  /** Resolves when nothing runs or waits in a session, and the view has all of it. */
  idle(session: DemoSession = this.session): Promise<SessionSnapshot> {
    return this.until(
      ({ connection, run, queue, pending }) =>
        connection.status === 'live' && !run && queue.length === 0 && pending.length === 0,
      session,
    )
  }

  /** Resolves when the answers after an order have that many words. */
  words(count: number, after: number): Promise<SessionSnapshot> {
    return this.until((snapshot) => wordsOf(answersAfter(snapshot, after)).length >= count)
  }

  /** Cuts the page's connections, and resolves when the session is live again, with the ms until then. */
  async cut(): Promise<number> {
    const { connects } = this.session.stats()
    const at = performance.now()
    this.network.cut()
    await this.until(
      ({ connection }) => connection.status === 'live' && this.session.stats().connects > connects,
    )
    return performance.now() - at
  }

  journal(): Promise<Journal> {
    return readJournal(this.client, this.session.sessionId, this.signal)
  }

  stats(): Promise<ServerStats> {
    return this.client.rpc.server.stats({}, { signal: this.signal })
  }
}

/** The order of the newest message. */
export function lastOrder({ messages }: Pick<SessionSnapshot, 'messages'>): number {
  return messages.at(-1)?.order ?? 0
}

/** What was answered after the message with that order. */
export function answersAfter({ messages }: Pick<SessionSnapshot, 'messages'>, after: number) {
  return messages.filter(({ role, order }) => role === 'assistant' && order > after)
}
