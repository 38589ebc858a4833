import { pathOf, send } from './page.ts'
import type { Page } from './page.ts'

/**
 * Kills the process without a farewell, as `kill -9` does, at `POST /kill`. The header keeps the pages of
 * other origins from it: a browser asks before it sends one of theirs, and is not answered.
 */
export const killPage: Page = async (request, response) => {
  if (pathOf(request) !== '/kill' || request.method !== 'POST') return false
  if (request.headers['x-demo'] === undefined) return false
  response.once('close', () => process.kill(process.pid, 'SIGKILL'))
  return send(request, response, { status: 202, type: 'text/plain', body: 'As you wish.\n' })
}
