import { CaughtupError, preview } from '@caughtup/schema'
import { protocolHeader, protocolMismatch, protocolVersion } from '@caughtup/schema/protocol'
import { ORPCError } from '@orpc/server'
import { CORSPlugin } from '@orpc/server/plugins'
import type { StandardHandlerOptions, StandardHandlerPlugin } from '@orpc/server/standard'
import type { StandardLazyRequest } from '@orpc/standard-server'

import { tooLarge } from '../errors/call-errors.ts'
import { mapReadErrors } from '../errors/wire-error.ts'
import type { Settings } from '../host/server-options.ts'
import type { ChatContext, ChatRequest } from '../host/principal.ts'
import { isAllowedHost } from './allowed-host.ts'
import { isAllowedOrigin } from './allowed-origin.ts'

type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>
type Interceptor = NonNullable<StandardHandlerOptions<ChatContext>['interceptors']>[number]

/** Where a request comes from, and which host it names. */
interface Source {
  origin: string | undefined
  /** `Sec-Fetch-Site`. */
  site?: string | undefined
  host: string
  localAddress: string | undefined
}

/**
 * Checks a request before its body is read: the method, the host that it names, the page that sent it,
 * the version that its client speaks, the type and the size of the body. It also answers preflights, forbids caching, and maps the
 * errors of unreadable requests.
 *
 * It is a plugin for any oRPC handler of the chat server's router over HTTP. Such a handler also needs
 * oRPC's `BodyLimitPlugin` for bodies of unknown length; `fetch` and `nodeHandler` count those.
 */
export class RequestGuard implements StandardHandlerPlugin<ChatContext> {
  /**
   * oRPC initialises plugins in ascending order, and each wraps those before it. This is above oRPC's own
   * (CORS has 9,000,000), so that the guard comes first.
   */
  readonly order = 10_000_000
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  init(options: StandardHandlerOptions<ChatContext>): void {
    options.interceptors = [this.#request, ...(options.interceptors ?? [])]
    options.rootInterceptors = [withHeaders, ...(options.rootInterceptors ?? [])]
    const origin = [...this.#settings.origins]
    new CORSPlugin<ChatContext>({ origin, credentials: true, allowMethods: ['POST'] }).init(options)
  }

  readonly #request: Interceptor = (call) =>
    mapReadErrors(async () => {
      const { request, context } = call
      const { method, headers } = request
      assertPost(method)
      this.assertClient(request, context.request)
      this.assertBody(headers, this.#settings.limits.bodyBytes)
      return call.next()
    }, this.#settings)

  /**
   * Checks where a request comes from, and the version that its client speaks.
   *
   * @throws CaughtupError `UNAUTHORIZED`, `PROTOCOL_MISMATCH`
   */
  assertClient(
    { headers, url }: Pick<StandardLazyRequest, 'headers' | 'url'>,
    { localAddress }: ChatRequest,
  ): void {
    this.assertSource({
      origin: single(headers['origin']),
      site: single(headers['sec-fetch-site']),
      // In HTTP/2 the host is a pseudo-header.
      host: single(headers[':authority'] ?? headers['host']) ?? url.host,
      localAddress,
    })
    assertProtocol(headers)
  }

  /**
   * Checks what a request says of its body.
   *
   * @param limit - in bytes
   * @throws CaughtupError `BAD_INPUT` if it is not JSON, `TOO_LARGE`
   */
  assertBody(headers: RequestHeaders, limit: number): void {
    assertJson(headers, { required: true })
    if (Number(single(headers['content-length'])) > limit) throw tooLarge(limit)
  }

  /** Checks the calls of a WebSocket, whose source was checked at the handshake. */
  readonly call: Interceptor = (call) =>
    mapReadErrors(async () => {
      assertPost(call.request.method)
      assertProtocol(call.request.headers)
      assertJson(call.request.headers, { required: false })
      return call.next()
    }, this.#settings)

  /**
   * For handshakes leave out `site`: browsers disagree on the `Sec-Fetch-Site` of those.
   *
   * @throws CaughtupError `UNAUTHORIZED` if the host or the page is not allowed
   */
  assertSource({ origin, site, host, localAddress }: Source): void {
    const { hosts, origins } = this.#settings
    if (!isAllowedHost(host, hosts, localAddress)) {
      throw new CaughtupError(
        'UNAUTHORIZED',
        `The host ${preview(host)} is not allowed: add it to the server's \`hosts\`.`,
        { value: preview(host), reason: 'host-not-allowed' },
      )
    }
    if (!isAllowedOrigin({ origin, site }, host, origins)) {
      const page = origin === undefined ? 'another origin' : preview(origin)
      throw new CaughtupError(
        'UNAUTHORIZED',
        `Pages of ${page} may not call: add it to the server's \`origins\`.`,
        { value: preview(origin), reason: 'origin-not-allowed' },
      )
    }
  }
}

const withHeaders: Interceptor = async (call) => {
  const result = await call.next()
  if (!result.matched) return result
  const { response } = result
  const headers = {
    ...response.headers,
    // Compressing middleware buffers a stream unless it is told not to transform it.
    'cache-control': isStream(response.body) ? 'no-cache, no-transform' : 'no-store',
    // Some proxies (nginx) buffer a response until it is complete, unless they are told not to.
    'x-accel-buffering': 'no',
    ...(response.status === 405 && { allow: 'POST, OPTIONS' }),
  }
  return { ...result, response: { ...response, headers } }
}

/** @throws ORPCError `METHOD_NOT_SUPPORTED` */
function assertPost(method: string): void {
  if (method !== 'POST') throw new ORPCError('METHOD_NOT_SUPPORTED')
}

/**
 * A request that names no version, of `curl` for instance, is taken as one of this version.
 *
 * @throws CaughtupError `PROTOCOL_MISMATCH`
 */
function assertProtocol(headers: RequestHeaders): void {
  const version = single(headers[protocolHeader])
  if (version === undefined || version === String(protocolVersion)) return
  throw protocolMismatch(preview(version), protocolVersion)
}

/**
 * Pages may send forms and plain text to any host without a preflight. Other types could make the
 * server receive files or streams before it knows the caller.
 *
 * @throws CaughtupError `BAD_INPUT`
 */
function assertJson(headers: RequestHeaders, { required }: { required: boolean }): void {
  const type = single(headers['content-type'])
  const isJson = type === undefined ? !required : /^application\/json\s*(?:;|$)/i.test(type)
  if (isJson && headers['content-disposition'] === undefined) return
  throw new CaughtupError('BAD_INPUT', 'The body of a request must be JSON (application/json).', {
    field: 'body',
    ...(type !== undefined && { value: preview(type) }),
    reason: 'body-not-json',
  })
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
