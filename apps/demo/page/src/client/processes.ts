import type { Served } from '../../../shared/served.ts'
import { pageId } from './demo-client.ts'

/** The processes behind this page's server, and which of them serve the page's streams. */
export async function readServed(signal?: AbortSignal): Promise<Served> {
  const response = await fetch(`/processes?page=${pageId}`, signal ? { signal } : {})
  if (!response.ok) throw new Error(`/processes answers ${response.status}.`)
  return response.json()
}

/**
 * Kills a process of the server, as `kill -9` does.
 *
 * @param id undefined where there is only one
 */
export async function killProcess(id: number | undefined): Promise<void> {
  const query = id === undefined ? '' : `?process=${id}`
  const response = await fetch(`/kill${query}`, { method: 'POST', headers: { 'x-demo': 'kill' } })
  if (!response.ok) {
    throw new Error(
      'This server cannot be killed from here: nothing would start it again. `pnpm demo` can.',
    )
  }
}
