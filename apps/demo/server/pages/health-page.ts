import type { Filling } from '../fill/fill.ts'
import { isReading, type Page, pathOf, send } from './page.ts'

export interface Health {
  status: 'ok'
  filling: Filling
  /** Sessions of the local principal. */
  sessions: number
  /** Open streams of clients, and active runs. */
  streams: number
  runs: number
  /** Time since the start, in ms. */
  uptime: number
}

/** Reports the server's health at `/healthz`. */
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
