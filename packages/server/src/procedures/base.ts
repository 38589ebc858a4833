import { contract } from '@caughtup/schema'
import { background } from '@caughtup/schema/clock'
import { implement } from '@orpc/server'

import type { Access } from '../access/access.ts'
import type { CallLimit } from '../access/call-limit.ts'
import type { RateLimit } from '../access/rate-limit.ts'
import type { ReadSlots } from '../access/read-slots.ts'
import type { AgentKind } from '../agent/agent-kind.ts'
import type { RequestEpoch } from '../epochs/request-epoch.ts'
import { shuttingDown } from '../errors/call-errors.ts'
import { mapIteratorErrors, toWireError } from '../errors/wire-error.ts'
import type { ChangeHistory } from '../history/change-history.ts'
import type { Settings } from '../host/server-options.ts'
import type { ChatContext } from '../host/principal.ts'
import type { AnswerAgain } from '../prompts/answer-again.ts'
import type { SendMessage } from '../prompts/send-message.ts'
import type { UpdateQueued } from '../prompts/update-queued.ts'
import type { Respond } from '../runs/respond.ts'
import type { Runs } from '../runs/runs.ts'
import type { Signals } from '../streams/signals.ts'
import type { StreamRegistry } from '../streams/stream-registry.ts'
import type { TranscriptMerges } from '../transcripts/transcript-merges.ts'
import { isIterator, type StreamClaim } from './event-iterator.ts'

export interface CallContext extends ChatContext {
  /** Given by the transports of this package. @default streams are pulled from the procedures' iterators */
  claim?: StreamClaim
}

/** Procedures whose answers are large, or that read and write much. */
const heavyReads: ReadonlySet<string> = new Set([
  'sessions.list',
  'sessions.search',
  'sessions.prompts',
  'sessions.fork',
  'messages.prompts',
  'messages.versions',
  'history.loadMore',
  'history.around',
  'history.search',
  'history.erase',
  'events.list',
  'events.summary',
  'events.get',
  'events.delete',
  'activity.list',
  'usage.epochs',
])

/**
 * How long an answer that its client does not take occupies a slot, in ms, so that a sleeping tab does
 * not block its user's other tabs for longer. Connections that take nothing are closed after
 * `stuckAfter`, so only a few answers per slot can pile up until then.
 */
const slotPatience = 5_000

/** Everything that procedures use. */
export interface ProcedureDeps {
  settings: Settings
  access: Access
  reads: ReadSlots
  rates: Record<'creates' | 'sends' | 'changes', CallLimit> & { interrupts: RateLimit }
  streams: StreamRegistry
  signals: Signals
  runs: Runs
  transcripts: TranscriptMerges
  agents: AgentKind
  sendMessage: SendMessage
  answerAgain: AnswerAgain
  respondTo: Respond
  updateQueuedPrompt: UpdateQueued
  requestEpoch: RequestEpoch
  changeHistory: ChangeHistory
  /** Called before each call: the first one starts the server's background work. */
  start: () => void
  /** Aborted when the server closes. */
  closing: AbortSignal
  /** By the store's monotonic clock, in ms. */
  startedAt: number
}

export type Procedures = ReturnType<typeof procedures>

/** The contract's procedures with their middleware: errors outermost, then the caller, then read slots. */
export function procedures(
  { settings, access, reads, start, closing }: ProcedureDeps,
  { validatesOutput = true }: { validatesOutput?: boolean } = {},
) {
  return implement(contract)
    .$config({ initialOutputValidationIndex: validatesOutput ? 0 : Number.NaN })
    .$context<CallContext>()
    .use(async ({ next, path, signal }) => {
      const where = path.join('.')
      const map = (error: unknown) =>
        // A client that disconnected is not a failure, and nobody would read the error.
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
      // Runs can be interrupted while the server drains.
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
