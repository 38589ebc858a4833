import {
  createORPCErrorFromJson,
  ErrorEvent,
  isORPCErrorJson,
  mapEventIterator,
  ORPCError,
} from '@orpc/client'
import { type StandardLinkCodec, toHttpPath } from '@orpc/client/standard'

import { type CallContext, protocolHeaders } from './link.ts'

type Codec = StandardLinkCodec<CallContext>

/** Where calls go, asked before each of them. */
export interface Destination {
  url: (signal: AbortSignal | undefined) => Promise<URL>
  headers?: (signal: AbortSignal | undefined) => Promise<Record<string, string>>
}

/**
 * The bodies of the protocol in oRPC's links: JSON alone (PROTOCOL.md, 2.1). oRPC's own codec would
 * also carry dates, sets, files and forms, and every page would load what that takes.
 */
export function jsonCodec({ url, headers }: Destination): Codec {
  return {
    async encode(path, input, { signal, lastEventId }) {
      const target = new URL(await url(signal))
      target.pathname = target.pathname.replace(/\/$/, '') + toHttpPath(path)
      const given = await headers?.(signal)
      const resumed = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
      return {
        url: target,
        method: 'POST',
        headers: { ...given, ...protocolHeaders, ...resumed },
        body: { json: input },
        signal,
      }
    },
    async decode({ status, body }) {
      const isOk = status >= 200 && status < 400
      const answer = await body().catch((error: unknown) => {
        if (isOk) throw error
      })
      if (!isOk) throw errorOf(answer, status)
      if (!isIterator(answer)) return jsonOf(answer)
      return mapEventIterator(answer, {
        value: async (data, done) => (done ? undefined : jsonOf(data)),
        error: async (error) => (error instanceof ErrorEvent ? errorOf(error.data, 500) : error),
      })
    },
  }
}

function isIterator(answer: unknown): answer is AsyncIterator<unknown> {
  return isObject(answer) && Symbol.asyncIterator in answer
}

/** @throws {Error} if the answer is not one of a server of this protocol, but a proxy's page, for instance */
function jsonOf(answer: unknown): unknown {
  if (isObject(answer)) return 'json' in answer ? answer.json : undefined
  throw new Error('the answer is not one of a Caughtup server')
}

/** The error that the server sent; without one in the answer, an error of its status alone. */
export function errorOf(answer: unknown, status: number): ORPCError<string, unknown> {
  const json = isObject(answer) && 'json' in answer ? answer.json : undefined
  if (isORPCErrorJson(json)) return createORPCErrorFromJson(json)
  return new ORPCError('MALFORMED_ANSWER', { status, message: `the server answered ${status}` })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
