import type { Served } from '../../shared/served.ts'
import { isReading, type Page, pathOf, send } from './page.ts'

/** Where no balancer is in front. */
export const oneProcess: Served = { processes: [], streams: [] }

/** Tells at `/processes` which processes there are, and which of them serve the streams of `?page=`. */
export function servedPage(served: (page: string | null) => Served): Page {
  return async (request, response) => {
    if (pathOf(request) !== '/processes' || !isReading(request)) return false
    const page = URL.parse(request.url ?? '', 'http://demo')?.searchParams.get('page') ?? null
    return send(request, response, {
      status: 200,
      type: 'application/json',
      body: `${JSON.stringify(served(page))}\n`,
      cache: 'no-store',
    })
  }
}
