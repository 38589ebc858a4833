import { contract } from '@caughtup/schema'
import { background } from '@caughtup/schema/clock'
import { implement } from '@orpc/server'

import type { AgentKind } from '../agent/agent-kind.ts'
import type { RequestEpoch } from '../epochs/request-epoch.ts'
import type { SendMessage } from '../prompts/send-message.ts'
import type { Runs } from '../runs/runs.ts'
import type { StreamRegistry } from '../streams/stream-registry.ts'
import type { RateLimit } from '../access/rate-limit.ts'
import type { Access } from '../access/access.ts'
import type { ChatContext } from '../host/request.ts'
import { mapIteratorErrors, toWireError } from '../errors/wire-error.ts'
import type { Settings } from '../host/options.ts'
import type { ReadSlots } from '../access/read-slots.ts'
import { shuttingDown } from '../errors/call-errors.ts'

/** Calls whose answers are large, or costly to make. */
const heavyReads: ReadonlySet<string> = new Set([
  'sessions.list',
  'history.loadMore',
  'activity.list',
])

/**
 * How long an answer that is not taken keeps other reads of its principal waiting, in ms: a tab that
 * is asleep holds up nobody's other tabs for longer. Connections that take nothing are cut after
 * `stuckAfter`, so only a few answers per slot can be held in that time.
 */
const slotPatience = 5_000

/** Everything that procedures work with. */
export interface ProcedureDeps {
  settings: Settings
  access: Access
  reads: ReadSlots
  rates: { creates: RateLimit; sends: RateLimit; interrupts: RateLimit }
  streams: StreamRegistry
  runs: Runs
  agents: AgentKind
  sendMessage: SendMessage
  requestEpoch: RequestEpoch
  /** Called before each call: what the server does by itself begins with the first. */
  start: () => void
  /** Aborted when the server closes. */
  closing: AbortSignal
  /** By the store's monotonic clock. */
  startedAt: number
}

/** The contract's procedures, each ready for its handler. */
export type Procedures = ReturnType<typeof procedures>

/** Every procedure, with what comes before its handler: errors outermost, then who calls. */
export function procedures(
  { settings, access, reads, start, closing }: ProcedureDeps,
  { validatesOutput = true }: { validatesOutput?: boolean } = {},
) {
  return implement(contract)
    .$config({ initialOutputValidationIndex: validatesOutput ? 0 : Number.NaN })
    .$context<ChatContext>()
    .use(async ({ next, path, signal }) => {
      const where = path.join('.')
      const map = (error: unknown) =>
        // A client that went away is no failure, and nobody is there to be told of one.
        signal?.aborted ? error : toWireError(error, where, settings.onError)
      try {
        const result = await next()
        return isIterator(result.output)
          ? { ...result, output: mapIteratorErrors(result.output, map) }
          : result
      } catch (error) {
        throw map(error)
      }
    })
    .use(async ({ next, context, path }) => {
      // What still runs while the server closes can still be stopped.
      const refused = () => closing.aborted && path.join('.') !== 'runs.interrupt'
      if (refused()) throw shuttingDown()
      start()
      const principal = await access.caller(context.request)
      if (refused()) throw shuttingDown()
      return next({ context: { principal } })
    })
    .use(async ({ next, context, path, signal }) => {
      if (!heavyReads.has(path.join('.'))) return next()
      const release = await reads.take(context.principal.id, context.request, signal)
      try {
        const result = await next()
        const cancel = background(settings.store.clock).after(slotPatience, release)
        void (context.taken ?? Promise.resolve()).then(() => {
          cancel()
          release()
        })
        return result
      } catch (error) {
        release()
        throw error
      }
    })
}

export function isIterator(output: unknown): output is AsyncIteratorObject<unknown, unknown, void> {
  return (
    typeof output === 'object' &&
    output !== null &&
    'next' in output &&
    Symbol.asyncIterator in output
  )
}
