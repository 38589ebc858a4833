import { monitorEventLoopDelay } from 'node:perf_hooks'

import { answerCalls } from './calls.ts'
import type { Subscription } from './subscription.ts'
import type { WriteOrder, Written } from './write-tokens.ts'

/** A server that is measured, in a process of its own. */
export interface SideServer {
  /** Starts an empty session, of which the subscription gets everything. */
  open(transport: Subscription['transport']): Promise<Opened>
  /** Of a session that another process started, on the same database. */
  join?(session: string): Promise<Subscription>
  /** Writes an answer to a session. */
  write(session: string, order: WriteOrder): Promise<Written>
  /** CPU time of helper processes, in ms. @default 0 */
  cpuElsewhere?(): Promise<number>
  close(): Promise<void>
}

interface Opened {
  session: string
  subscription: Subscription
}

/** What this process has used, and how late its event loop was since the last such reading. */
export interface Usage {
  /** User and system time of all threads and of helper processes, in ms. */
  cpu: number
  rss: number
  heap: number
  /** The 99th percentile of a timer's lateness, in ms. */
  delay: number
}

/** The calls of a side's process. */
export type SideCalls = ReturnType<typeof procedures>

/** Serves a side to the bench that started this process. */
export function serveSide(start: () => Promise<SideServer>): void {
  answerCalls(procedures(start()))
}

function procedures(starting: Promise<SideServer>) {
  const resolution = 5
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  return {
    start: async (_: null) => {
      await starting
    },
    open: async (transport: Subscription['transport']) => (await starting).open(transport),
    join: async (session: string) => {
      const subscription = await (await starting).join?.(session)
      if (!subscription) throw new Error('This side has one process.')
      return subscription
    },
    write: async ({ session, ...order }: WriteOrder & { session: string }) =>
      (await starting).write(session, order),
    usage: async ({ collect }: { collect: boolean }): Promise<Usage> => {
      if (collect) globalThis.gc?.()
      const { user, system } = process.cpuUsage()
      const elsewhere = (await (await starting).cpuElsewhere?.()) ?? 0
      const { rss, heapUsed } = process.memoryUsage()
      const late = Math.max(0, delay.percentile(99) / 1e6 - resolution)
      delay.reset()
      return { cpu: (user + system) / 1000 + elsewhere, rss, heap: heapUsed, delay: late }
    },
    close: async (_: null) => {
      await (await starting).close()
    },
  }
}
