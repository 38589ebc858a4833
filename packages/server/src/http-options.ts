import { CaughtupError, excerpt } from '@caughtup/schema'
import { CORSPlugin } from '@orpc/server/plugins'
import type { StandardHandlerOptions } from '@orpc/server/standard'

import { isAllowedOrigin } from './allowed-origin.ts'
import { mapReadErrors, toWireError } from './error-interceptor.ts'
import type { Settings } from './options.ts'
import type { ChatContext } from './procedures.ts'

type HttpOptions = Required<
  Pick<StandardHandlerOptions<ChatContext>, 'interceptors' | 'rootInterceptors' | 'plugins'>
>

/** What every HTTP handler of the router needs around it, whatever the runtime. */
export function httpOptions(settings: Settings): HttpOptions {
  const { origins, onError } = settings
  return {
    plugins: [new CORSPlugin<ChatContext>({ origin: [...origins], credentials: true })],
    rootInterceptors: [
      async (options) => {
        const result = await options.next()
        if (!result.matched) return result
        const { response } = result
        const headers = {
          ...response.headers,
          'cache-control': isStream(response.body) ? 'no-cache' : 'no-store',
          // Some proxies gather a response until it is complete, unless they are told.
          'x-accel-buffering': 'no',
        }
        return { ...result, response: { ...response, headers } }
      },
    ],
    interceptors: [
      async (options) => {
        const { request } = options
        const { origin, host } = request.headers
        if (!isAllowedOrigin(single(origin), single(host) ?? request.url.host, origins)) {
          throw toWireError(originRefused(single(origin)), 'origin', onError)
        }
        return mapReadErrors(() => options.next(), settings)
      },
    ],
  }
}

function originRefused(origin: string | undefined): CaughtupError {
  return new CaughtupError(
    'UNAUTHORIZED',
    `Pages of ${excerpt(origin)} may not call: the server's \`origins\` does not name it.`,
    { value: excerpt(origin), reason: 'origin-not-allowed' },
  )
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
