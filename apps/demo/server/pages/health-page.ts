import type { Filling } from '../fill/fill.ts'
import { isReading, type Page, pathOf, send } from './page.ts'

export interface Health {
  status: 'ok'
  /** How far the first start's filling is, in prompts. */
  filling: Filling
  /** Sessions of the local principal. */
  sessions: number
  /** Streams that clients follow, and runs that go on, at this moment. */
  streams: number
  runs: number
  /** Since the start, in ms. */
  uptime: number
}

/** Says at `/healthz` that the server answers, and how it is. */
export function healthPage(health: () => Promise<Health>): Page {
  return async (request, response) => {
    if (pathOf(request) !== '/healthz' || !isReading(request)) return false
    const body = `${JSON.stringify(await health())}\n`
    return send(request, response, {
      status: 200,
      type: 'application/json',
      body,
      cache: 'no-store',
    })
  }
}
