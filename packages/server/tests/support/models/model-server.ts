import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { onTestFinished } from 'vitest'

import { listen } from '../open-test-server.ts'

/** What a test looks at of a request to a model. */
export interface ModelRequest {
  url: string
  body: {
    messages: { role: string; content?: unknown; [field: string]: unknown }[]
    [field: string]: unknown
  }
  /** Aborted when the client has gone before the answer was complete. */
  gone: AbortSignal
}

export interface ModelServer {
  /** Where a client of OpenAI's API finds it. */
  baseURL: string
  /** Every request so far. */
  requests: ModelRequest[]
}

/** Serves a model: events of server-sent events for each request, which has a number from 1 on. */
export async function serveModel(
  answer: (request: ModelRequest, number: number) => Iterable<unknown> | AsyncIterable<unknown>,
): Promise<ModelServer> {
  const requests: ModelRequest[] = []
  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController()
    response.on('close', () => response.writableFinished || gone.abort())
    const body = JSON.parse(await textOf(incoming))
    const request = { url: incoming.url ?? '', body, gone: gone.signal }
    requests.push(request)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for await (const event of answer(request, requests.length)) {
      response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
    }
    response.end()
  }
  const server = createServer((incoming, response) => void serve(incoming, response))
  onTestFinished(() => server.closeAllConnections())
  const port = await listen(server)
  return { baseURL: `http://127.0.0.1:${port}/v1`, requests }
}

const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }

/** A chunk of a chat completion. */
export function delta(fields: object): object {
  return { ...head, choices: [{ index: 0, delta: fields, finish_reason: null }] }
}

/** The chunk of a call of a tool. */
export function callOf(id: string, name: string, input: object = {}, index = 0): object {
  const call = { name, arguments: JSON.stringify(input) }
  return delta({ tool_calls: [{ index, id, type: 'function', function: call }] })
}

/** The last chunks of a chat completion. */
export function end(reason: string): unknown[] {
  return [
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: reason }] },
    {
      ...head,
      choices: [],
      usage: {
        prompt_tokens: 100,
        completion_tokens: 10,
        total_tokens: 110,
        prompt_tokens_details: { cached_tokens: 40 },
        completion_tokens_details: { reasoning_tokens: 3 },
      },
    },
    '[DONE]',
  ]
}

export function says(text: string): unknown[] {
  return [...(text.match(/\s*\S+/g) ?? []).map((content) => delta({ content })), ...end('stop')]
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
