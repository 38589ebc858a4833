import { type Page, pathOf, send } from './page.ts'

/**
 * Kills a process without a farewell, as `kill -9` does, at `POST /kill`, or `/kill?process=2` where there are
 * several. The header keeps the pages of other origins from it: a browser asks before it sends one of theirs,
 * and is not answered.
 *
 * @param killOf what kills the process with an id, of the query; undefined if there is none
 */
export function killPage(killOf: (id: string | null) => (() => void) | undefined): Page {
  return async (request, response) => {
    if (pathOf(request) !== '/kill' || request.method !== 'POST') return false
    if (request.headers['x-demo'] === undefined) return false
    const kill = killOf(
      URL.parse(request.url ?? '', 'http://demo')?.searchParams.get('process') ?? null,
    )
    const type = 'text/plain'
    if (!kill) return send(request, response, { status: 404, type, body: 'No such process.\n' })
    // After the answer: the process may be this one.
    response.once('close', kill)
    return send(request, response, { status: 202, type, body: 'As you wish.\n' })
  }
}
