import { CaughtupError, preview } from '@caughtup/schema'
import { ORPCError } from '@orpc/server'
import { CORSPlugin } from '@orpc/server/plugins'
import type { StandardHandlerOptions, StandardHandlerPlugin } from '@orpc/server/standard'

import { isAllowedHost } from './allowed-host.ts'
import { isAllowedOrigin } from './allowed-origin.ts'
import { tooLarge } from '../errors/call-errors.ts'
import { mapReadErrors } from '../errors/wire-error.ts'
import type { Settings } from '../host/options.ts'
import type { ChatContext } from '../host/request.ts'

type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>
type Interceptor = NonNullable<StandardHandlerOptions<ChatContext>['interceptors']>[number]

/** Where a request comes from, and how it is addressed. */
interface Source {
  origin: string | undefined
  /** `Sec-Fetch-Site`. */
  site?: string | undefined
  host: string
  localAddress: string | undefined
}

/**
 * What every way in asks of a request before any of it is read or done: its method, the host it is
 * addressed to, the page that it comes from, the type and the size of its body. It also answers
 * preflights, forbids caching, and maps the errors of requests that cannot be read.
 *
 * It is a plugin for any oRPC handler of the chat server's router over HTTP. There, add oRPC's
 * `BodyLimitPlugin` for bodies that do not say their length; `fetch` and `nodeHandler` count them.
 */
export class RequestGuard implements StandardHandlerPlugin<ChatContext> {
  /** oRPC starts plugins in this order, and each one goes outside those before it. */
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
      const { method, headers, url } = request
      assertPost(method)
      this.assertSource({
        origin: single(headers['origin']),
        site: single(headers['sec-fetch-site']),
        // HTTP/2 has the host among its pseudo-headers.
        host: single(headers[':authority'] ?? headers['host']) ?? url.host,
        localAddress: context.request.localAddress,
      })
      assertJson(headers, { required: true })
      const { bodyBytes } = this.#settings.limits
      if (Number(single(headers['content-length'])) > bodyBytes) throw tooLarge(bodyBytes)
      return call.next()
    }, this.#settings)

  /** Around the calls of a connection whose source was asserted: those of a WebSocket. */
  readonly call: Interceptor = (call) =>
    mapReadErrors(async () => {
      assertPost(call.request.method)
      assertJson(call.request.headers, { required: false })
      return call.next()
    }, this.#settings)

  /**
   * Without `site` for handshakes: browsers disagree on what `Sec-Fetch-Site` says in those.
   *
   * @throws CaughtupError `UNAUTHORIZED` for a host or a page that is not allowed
   */
  assertSource({ origin, site, host, localAddress }: Source): void {
    const { hosts, origins } = this.#settings
    if (!isAllowedHost(host, hosts, localAddress)) {
      throw new CaughtupError(
        'UNAUTHORIZED',
        `Requests for the host ${preview(host)} are refused: the server's \`hosts\` does not name it.`,
        { value: preview(host), reason: 'host-not-allowed' },
      )
    }
    if (!isAllowedOrigin({ origin, site }, host, origins)) {
      const page = origin === undefined ? 'another origin' : preview(origin)
      throw new CaughtupError(
        'UNAUTHORIZED',
        `Pages of ${page} may not call: the server's \`origins\` does not name it.`,
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
    // Compressing middleware gathers a stream unless it may not transform it.
    'cache-control': isStream(response.body) ? 'no-cache, no-transform' : 'no-store',
    // Some proxies gather a response until it is complete, unless they are told.
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
 * Pages may send forms and plain text anywhere without asking first; other types would have files
 * or streams taken in before it is known who calls.
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
