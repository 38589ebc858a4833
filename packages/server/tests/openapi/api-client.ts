import { createORPCClient, createORPCErrorFromJson, isORPCErrorJson } from '@orpc/client'
import { EventDecoderStream, withEventMeta } from '@orpc/standard-server'

import type { Client } from '../support/open-test-server.ts'

interface ApiOptions {
  fetch: (request: Request) => Promise<Response>
  principal?: string | undefined
  /** Of the mount. */
  url?: string
}

/** Calls procedures through `openApi()`: the same client as of the procedures' own path. */
export function apiClient({ fetch, principal, url = 'http://chat.test/api' }: ApiOptions): Client {
  return createORPCClient({
    async call(path: readonly string[], input: unknown, { signal, lastEventId }) {
      const response = await fetch(
        new Request(`${url}/${path.join('/')}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(principal !== undefined && { 'x-principal': principal }),
            ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
          },
          body: input === undefined ? null : JSON.stringify(input),
          signal: signal ?? null,
        }),
      )
      if (response.headers.get('content-type') === 'text/event-stream') return framesOf(response)
      const answer: unknown = await response.json()
      if (response.ok) return answer
      throw errorOf(answer)
    },
  })
}

async function* framesOf({ body }: Response): AsyncGenerator<unknown, void, void> {
  if (!body) return
  const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventDecoderStream())
  for await (const { event, data, id } of events) {
    // A comment.
    if (data === undefined) continue
    const value: object = JSON.parse(data)
    if (event === 'error') throw errorOf(value)
    yield id === undefined ? value : withEventMeta(value, { id })
  }
}

function errorOf(answer: unknown): Error {
  if (isORPCErrorJson(answer)) return createORPCErrorFromJson(answer)
  return new Error(`This is no error of the API: ${JSON.stringify(answer)}`)
}
