import { createRouterClient, ORPCError } from '@orpc/server'
import type { StandardHeaders, StandardLazyRequest, StandardResponse } from '@orpc/standard-server'
import { toFetchHeaders } from '@orpc/standard-server-fetch'

import type { Access } from '../access/access.ts'
import { crossOrigin } from '../access/cross-origin.ts'
import type { RequestGuard } from '../access/request-guard.ts'
import { attachmentsPath } from '../attachments/attachment-url.ts'
import { notFound, shuttingDown } from '../errors/call-errors.ts'
import { toWireError, mapReadErrors } from '../errors/wire-error.ts'
import {
  isUnder,
  type Mount,
  type MountAnswer,
  type MountCall,
  type MountRoute,
  normalisePath,
} from '../host/mount.ts'
import type { ChatContext } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'
import type { ChatRouter } from '../procedures/router.ts'
import type { StreamRegistry } from '../streams/stream-registry.ts'
import { eventBody } from './event-body.ts'
import { openMountStream } from './mount-stream.ts'
import { matchPath } from './route-path.ts'

/** A request as the transports read it. */
export interface MountRequest extends Omit<StandardLazyRequest, 'body'> {
  /** Reads the body as JSON, up to so many bytes. */
  body: (limit?: number) => Promise<unknown>
}

export interface MountsParts {
  router: ChatRouter
  access: Access
  guard: RequestGuard
  streams: StreamRegistry
  start: () => void
  closing: AbortSignal
}

interface Mounted {
  path: string
  mount: Mount
  routes: readonly MountRoute[]
}

/** Answers the requests of `settings.mounts`, each after the guard's checks. */
export class Mounts {
  readonly #settings: Settings
  readonly #parts: MountsParts
  /** The longest path first. */
  readonly #mounted: readonly Mounted[]

  constructor(settings: Settings, parts: MountsParts) {
    this.#settings = settings
    this.#parts = parts
    const { store, path, onError } = settings
    const attachments = settings.attachments && attachmentsPath(path).slice(0, -1)
    const chat = {
      router: parts.router,
      store,
      path,
      ...(attachments !== undefined && { attachments }),
      onError,
    }
    this.#mounted = settings.mounts
      .map((mount) => ({ path: normalisePath(mount.path), mount, routes: mount.routes(chat) }))
      .toSorted((a, b) => b.path.length - a.path.length)
  }

  /** @param target - a request's path, perhaps with its query */
  handles(target: string): boolean {
    return this.#mounted.some(({ path }) => isUnder(path, target))
  }

  /** For a request that it {@link handles}. */
  async answer(request: MountRequest, context: ChatContext): Promise<StandardResponse> {
    const { pathname } = request.url
    const mounted = this.#mounted.find(({ path }) => isUnder(path, pathname))
    if (!mounted) return notFound()
    const { mount } = mounted
    const answered = await this.#answer(mounted, request, context).catch((error: unknown) =>
      failed(mount, this.#wireError(error, request)),
    )
    const headers = crossOrigin(request.headers, this.#settings.origins, mount.exposedHeaders)
    return this.#response(answered, headers, request)
  }

  async #answer(
    { path, mount, routes }: Mounted,
    request: MountRequest,
    context: ChatContext,
  ): Promise<MountAnswer> {
    const { method, url, headers } = request
    const here = routes.flatMap((route) => {
      const params = matchPath(
        route.path,
        path === '/' ? url.pathname : url.pathname.slice(path.length),
      )
      return params ? [{ route, params }] : []
    })
    if (here.length === 0) throw new ORPCError('NOT_FOUND', { message: 'There is nothing here.' })
    const methods = [...new Set(here.map(({ route }) => route.method)), 'OPTIONS'].join(', ')
    if (method === 'OPTIONS') return preflight(methods, headers)
    const found = here.find(({ route }) => route.method === method)
    if (!found) {
      const refused = failed(mount, new ORPCError('METHOD_NOT_SUPPORTED'))
      return { ...refused, headers: { ...refused.headers, allow: methods } }
    }
    const { guard, access, closing, start, router } = this.#parts
    const signal = request.signal ?? new AbortController().signal
    const bodyBytes = mount.bodyBytes ?? this.#settings.limits.bodyBytes
    guard.assertClient(request, context.request)
    if (method === 'POST') guard.assertBody(headers, bodyBytes)
    if (closing.aborted && method !== 'DELETE') throw shuttingDown()
    start()
    const call: MountCall = {
      client: createRouterClient(router, { context }),
      session: async (sessionId) =>
        access.authorizeSession(await access.caller(context.request), 'onChat', sessionId),
      stream: (sessionId) => openMountStream(this.#parts, { sessionId, context, signal }),
      params: found.params,
      url,
      headers: toFetchHeaders(headers),
      body: () => mapReadErrors(() => request.body(bodyBytes), this.#settings),
      context,
      signal,
    }
    return found.route.answer(call)
  }

  #response(
    { status = 200, headers = {}, text, json, events }: MountAnswer,
    crossing: StandardHeaders,
    { signal }: MountRequest,
  ): StandardResponse {
    if (!events) {
      const plain = { 'cache-control': 'no-store', ...headers, ...crossing }
      if (text === undefined) return { status, headers: plain, body: json }
      return { status, headers: plain, body: new Response(text).body ?? undefined }
    }
    const { store, heartbeat, onError } = this.#settings
    const body = eventBody(events, {
      clock: store.clock,
      heartbeat,
      onError,
      signal: signal ?? new AbortController().signal,
    })
    const streaming = {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    }
    return { status, headers: { ...streaming, ...headers, ...crossing }, body }
  }

  #wireError(error: unknown, { signal, url }: MountRequest): ORPCError<string, unknown> {
    // Of a procedure, which has reported it.
    if (error instanceof ORPCError && error.code === 'INTERNAL_SERVER_ERROR') return error
    // Nobody would read the answer.
    const isGone = signal?.aborted === true
    return toWireError(error, url.pathname, isGone ? () => {} : this.#settings.onError)
  }
}

function failed(mount: Mount, error: ORPCError<string, unknown>): MountAnswer {
  return mount.failure?.(error) ?? { status: error.status, json: error.toJSON() }
}

/** It grants nothing: without the headers of {@link crossOrigin} a browser sends nothing more. */
function preflight(methods: string, headers: StandardHeaders): MountAnswer {
  const asked = headers['access-control-request-headers']
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': methods,
      ...(typeof asked === 'string' && { 'access-control-allow-headers': asked }),
    },
  }
}
