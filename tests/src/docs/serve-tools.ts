import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'

import { onTestFinished } from 'vitest'

interface Call {
  id?: number
  method: string
  params?: { name?: string; protocolVersion?: string }
}

/**
 * The least of an MCP server over streamable HTTP: tools without input, each of which returns its text. It stands
 * on a free port until the end of the test.
 */
export async function serveTools(texts: Record<string, string>): Promise<string> {
  const server = createServer((request, response) => void answer(texts, request, response))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/mcp`
}

async function answer(
  texts: Record<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') return void response.writeHead(405).end()
  const { id, method, params } = (await json(request)) as Call
  if (id === undefined) return void response.writeHead(202).end()
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ jsonrpc: '2.0', id, ...resultOf(texts, method, params) }))
}

function resultOf(texts: Record<string, string>, method: string, params: Call['params'] = {}) {
  switch (method) {
    case 'initialize': {
      const serverInfo = { name: 'test', version: '1' }
      const { protocolVersion } = params
      return { result: { protocolVersion, capabilities: { tools: {} }, serverInfo } }
    }
    case 'tools/list': {
      const inputSchema = { type: 'object', properties: {} }
      return { result: { tools: Object.keys(texts).map((name) => ({ name, inputSchema })) } }
    }
    case 'tools/call':
      return { result: { content: [{ type: 'text', text: texts[params.name ?? ''] }] } }
    default:
      return { error: { code: -32601, message: `There is no method ${method}.` } }
  }
}
