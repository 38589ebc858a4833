import type { Contract } from '@caughtup/schema'
import type { Router } from '@orpc/server'
import { v7 as uuid } from 'uuid'

import type { Principal } from '../host/principal.ts'
import { noSummarise } from '../epochs/compaction.ts'
import { followActivity } from '../streams/activity-stream.ts'
import { chatFrames, startOf } from '../streams/session-stream.ts'
import type { ChatContext } from '../host/request.ts'
import { type ProcedureParts, procedures } from './base.ts'
import type { RateLimit } from '../access/rate-limit.ts'
import type { Runs } from '../runs/runs.ts'
import type { SendMessage } from '../prompts/send-message.ts'
import type { Streams } from '../streams/stream-registry.ts'

/** Annotated, so that zod's types stay out of this package's declarations. */
export type ChatRouter = Router<Contract, ChatContext>

export interface RouterParts extends ProcedureParts {
  runs: Runs
  streams: Streams
  sendMessage: SendMessage
  rates: { creates: RateLimit; sends: RateLimit; interrupts: RateLimit }
  /** By the store's monotonic clock. */
  startedAt: number
}

/** The contract, implemented: who may, then what happens. */
export function createRouter(parts: RouterParts): ChatRouter {
  const { settings, access, runs, streams, sendMessage, rates } = parts
  const { store, limits } = settings
  const {
    onChat,
    sessions,
    messages,
    runs: run,
    history,
    activity,
    usage,
    server,
  } = procedures(parts)

  /** Queues a run that opens an epoch. */
  const openEpoch = async (
    kind: 'compaction' | 'reset',
    { sessionId }: { sessionId: string },
    principal: Principal,
  ) => {
    rates.sends.take(principal.id)
    const runId = uuid()
    const asked = { runId, queuedAt: store.clock.now(), author: principal.id }
    const outcome = await runs.submit(sessionId, { ...asked, kind, trigger: 'user' })
    return { runId, queued: outcome === 'queued' }
  }

  return {
    onChat: onChat.handler(async ({ input, context: { principal }, signal, lastEventId }) => {
      const { id: sessionId } = await access.session(principal, 'onChat', input.sessionId)
      const start = startOf(input, lastEventId)
      return streams.open(
        { kind: 'chat', principal: principal.id, streamId: input.streamId },
        {
          signal,
          frames: (either) => chatFrames({ store, sessionId, limits, signal: either }, start),
        },
      )
    }),

    sessions: {
      list: sessions.list.handler(async ({ input, context: { principal } }) => {
        await access.general(principal, 'sessions.list')
        return store.sessions.list(principal.id, input)
      }),
      create: sessions.create.handler(async ({ input, context: { principal } }) => {
        await access.general(principal, 'sessions.create')
        rates.creates.take(principal.id)
        return store.sessions.create({ owner: principal.id, ...input })
      }),
      get: sessions.get.handler(({ input, context: { principal } }) =>
        access.session(principal, 'sessions.get', input.sessionId),
      ),
      update: sessions.update.handler(async ({ input, context: { principal } }) => {
        const { id } = await access.session(principal, 'sessions.update', input.sessionId)
        return store.sessions.update(id, { title: input.title })
      }),
      delete: sessions.delete.handler(async ({ input, context: { principal } }) => {
        const { id } = await access.session(principal, 'sessions.delete', input.sessionId)
        await store.sessions.delete(id)
        runs.abandon(({ sessionId }) => sessionId === id)
        return { deleted: true }
      }),
    },

    messages: {
      send: messages.send.handler(({ input, context: { principal } }) =>
        sendMessage.send(principal, input),
      ),
    },

    runs: {
      interrupt: run.interrupt.handler(async ({ input, context: { principal } }) => {
        const { id } = await access.session(principal, 'runs.interrupt', input.sessionId)
        rates.interrupts.take(principal.id)
        return { interrupted: await runs.interrupt(id, input.runId) }
      }),
    },

    history: {
      loadMore: history.loadMore.handler(async ({ input, context: { principal }, signal }) => {
        const { id } = await access.session(principal, 'history.loadMore', input.sessionId)
        const { cursor, limit } = input
        const query = { ...cursor, ...(limit !== undefined && { limit }) }
        return store.page(id, query, signal && { signal })
      }),
      compact: history.compact.handler(async ({ input, context: { principal } }) => {
        await access.session(principal, 'history.compact', input.sessionId)
        if (!settings.summarise) throw noSummarise()
        return openEpoch('compaction', input, principal)
      }),
      reset: history.reset.handler(async ({ input, context: { principal } }) => {
        await access.session(principal, 'history.reset', input.sessionId)
        return openEpoch('reset', input, principal)
      }),
    },

    activity: {
      list: activity.list.handler(async ({ input, context: { principal } }) => {
        await access.general(principal, 'activity.list')
        return store.activity.list(principal.id, input)
      }),
      subscribe: activity.subscribe.handler(
        async ({ input, context: { principal }, signal, lastEventId }) => {
          await access.general(principal, 'activity.subscribe')
          const since = lastEventId || input?.since
          return streams.open(
            { kind: 'activity', principal: principal.id },
            {
              signal,
              frames: (either) =>
                followActivity({ store, principal: principal.id, signal: either }, since),
            },
          )
        },
      ),
      markRead: activity.markRead.handler(async ({ input, context: { principal } }) => {
        const { id } = await access.session(principal, 'activity.markRead', input.sessionId)
        return { upTo: await store.activity.markRead(id, principal.id, input.upTo) }
      }),
    },

    usage: {
      get: usage.get.handler(async ({ input, context: { principal }, signal }) => {
        const { id } = await access.session(principal, 'usage.get', input.sessionId)
        const { head } = await store.head(id, signal && { signal })
        const { usage: ledger = { version: 0, totals: {} }, contextUsage } = head
        return { ...ledger, ...(contextUsage && { contextUsage }) }
      }),
    },

    server: {
      stats: server.stats.handler(async ({ context: { principal } }) => {
        await access.general(principal, 'server.stats')
        return {
          store: store.stats(),
          uptime: Math.round(store.clock.monotonic() - parts.startedAt),
          chatStreams: streams.count('chat'),
          activityStreams: streams.count('activity'),
          runs: runs.size,
          ignoredParts: runs.ignoredParts,
        }
      }),
    },
  }
}
