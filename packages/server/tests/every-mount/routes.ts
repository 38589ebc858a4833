import { agUi } from '../../src/ag-ui.ts'
import { chatRoutes } from '../../src/ai-sdk.ts'
import { durableStreams } from '../../src/durable-streams.ts'
import type { Mount } from '../../src/host/mount.ts'
import { openApi } from '../../src/openapi.ts'

/** All mounts that the package has. */
export const everyMount = (): Mount[] => [
  openApi(),
  chatRoutes(),
  agUi({ path: '/ag-ui' }),
  durableStreams({ path: '/streams' }),
]

type Methods = readonly ('DELETE' | 'GET' | 'HEAD' | 'POST')[]

/** Every path of theirs, and its methods. Of procedures, one that reads, one that writes and a stream. */
export const places: readonly { mount: string; path: string; methods: Methods }[] = [
  { mount: 'openApi', path: '/api/openapi.json', methods: ['GET', 'HEAD'] },
  { mount: 'openApi', path: '/api/sessions/get', methods: ['POST'] },
  { mount: 'openApi', path: '/api/messages/send', methods: ['POST'] },
  { mount: 'openApi', path: '/api/onChat', methods: ['POST'] },
  { mount: 'chatRoutes', path: '/api/chat', methods: ['POST'] },
  { mount: 'chatRoutes', path: '/api/chat/:id/stream', methods: ['GET'] },
  { mount: 'chatRoutes', path: '/api/chat/:id', methods: ['DELETE'] },
  { mount: 'agUi', path: '/ag-ui', methods: ['POST'] },
  { mount: 'agUi', path: '/ag-ui/:id', methods: ['DELETE'] },
  { mount: 'durableStreams', path: '/streams/:id', methods: ['GET', 'HEAD'] },
]

/** Something that a caller of a mount asks for, about a session of `openSharedSession`. */
export interface Route {
  method: Methods[number]
  /** With `:id` in place of the session's id. */
  path: string
  /** For a POST. */
  body?: (sessionId: string) => unknown
}

const prompt = (id: string) => ({ id, role: 'user', parts: [{ type: 'text', text: 'Hi' }] })
const approval = {
  id: 'asking',
  role: 'assistant',
  parts: [
    {
      type: 'tool-remove',
      toolCallId: 'call',
      state: 'approval-responded',
      input: {},
      approval: { id: 'approval', approved: true },
    },
  ],
}
const run = (sessionId: string, more: object = {}) => ({
  threadId: sessionId,
  runId: 'run',
  messages: [],
  ...more,
})

/** What each mount offers, each in the form of its own protocol. */
export const routes = {
  'openApi: a procedure that reads': {
    method: 'POST',
    path: '/api/sessions/get',
    body: (sessionId) => ({ sessionId }),
  },
  'openApi: a procedure that writes': {
    method: 'POST',
    path: '/api/messages/send',
    body: (sessionId) => ({ sessionId, text: 'Hi' }),
  },
  'openApi: a stream': {
    method: 'POST',
    path: '/api/onChat',
    body: (sessionId) => ({ sessionId, mode: { type: 'full' } }),
  },
  'chatRoutes: a prompt': {
    method: 'POST',
    path: '/api/chat',
    body: (id) => ({ id, messages: [prompt('new')], trigger: 'submit-message' }),
  },
  'chatRoutes: a prompt in place of another one': {
    method: 'POST',
    path: '/api/chat',
    body: (id) => ({ id, messages: [prompt('new')], messageId: 'prompt' }),
  },
  'chatRoutes: another answer': {
    method: 'POST',
    path: '/api/chat',
    body: (id) => ({ id, messages: [prompt('prompt')], trigger: 'regenerate-message' }),
  },
  'chatRoutes: an approval': {
    method: 'POST',
    path: '/api/chat',
    body: (id) => ({ id, messages: [approval] }),
  },
  'chatRoutes: the running answer': { method: 'GET', path: '/api/chat/:id/stream' },
  'chatRoutes: a stop': { method: 'DELETE', path: '/api/chat/:id' },
  'agUi: a prompt': {
    method: 'POST',
    path: '/ag-ui',
    body: (id) => run(id, { messages: [{ id: 'new', role: 'user', content: 'Hi' }] }),
  },
  'agUi: the running answer': { method: 'POST', path: '/ag-ui', body: run },
  'agUi: an approval': {
    method: 'POST',
    path: '/ag-ui',
    body: (id) => run(id, { resume: [{ interruptId: 'approval', status: 'resolved' }] }),
  },
  'agUi: a stop': { method: 'DELETE', path: '/ag-ui/:id' },
  'durableStreams: the tail': { method: 'HEAD', path: '/streams/:id' },
  'durableStreams: the entries': { method: 'GET', path: '/streams/:id' },
  'durableStreams: the entries, and those to come': {
    method: 'GET',
    path: '/streams/:id?offset=-1&live=sse',
  },
  'durableStreams: the next entries': {
    method: 'GET',
    path: '/streams/:id?offset=-1&live=long-poll',
  },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof routes

/** The request of a route, about this session. */
export function requestOf(
  { method, path, body }: Route,
  sessionId: string,
  { host = 'localhost', headers = {} }: { host?: string; headers?: Record<string, string> } = {},
): Request {
  return new Request(`http://${host}${path.replace(':id', encodeURIComponent(sessionId))}`, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body(sessionId)) }),
  })
}
