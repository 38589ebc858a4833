import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

export interface Opened {
  /** From the call until the first frame was here, in ms. */
  first: number
  /** From the call until everything was here that a fresh client shows, in ms. */
  caughtUp: number
}

/** Opens a session as a fresh client does, over HTTP with server-sent events, and leaves it again. */
export async function openSession(url: string, sessionId: string): Promise<Opened> {
  const startedAt = performance.now()
  const leaving = new AbortController()
  const call = request(`${url}/rpc/onChat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    agent: false,
    signal: leaving.signal,
  })
  call.end(JSON.stringify({ json: { sessionId, mode: { type: 'full' } } }))
  const [response]: IncomingMessage[] = await once(call, 'response')
  if (response?.statusCode !== 200) throw new Error(`onChat answered ${response?.statusCode}`)
  let first: number | undefined
  let text = ''
  try {
    for await (const chunk of response) {
      text += String(chunk)
      if (text.includes('data: ')) first ??= performance.now() - startedAt
      if (first !== undefined && text.includes('"type":"caught-up"')) {
        return { first, caughtUp: performance.now() - startedAt }
      }
    }
  } finally {
    leaving.abort()
  }
  throw new Error(`The stream ended before it had caught up: ${text.slice(-200)}`)
}
