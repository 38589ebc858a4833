import {
  CaughtupError,
  type ChatFrameOf,
  type CustomMetadataInput,
  type Part,
} from '@caughtup/schema'
import { isAwaited } from '@caughtup/schema/fold'
import { ORPCError } from '@orpc/server'

import { type Mount, type MountAnswer, type MountCall, normalisePath } from '../../host/mount.ts'
import { makeSession } from '../../mounts/make-session.ts'
import { type CallAnswer, type ChatRequest, readChatRequest } from './chat-request.ts'
import { chunkEvents, type LiveFrames } from './chunk-events.ts'
import { RunView } from './run-view.ts'

export interface ChatRoutesOptions {
  /** Where they are: the `api` of the client's transport. @default /api/chat */
  path?: string
  /**
   * Size of the largest body, in bytes. The AI SDK's transport sends the whole conversation with each prompt,
   * unless its `prepareSendMessagesRequest` leaves all but the last message away.
   *
   * @default 8 MiB
   */
  bodyBytes?: number
}

const headers = { 'x-vercel-ai-ui-message-stream': 'v1' }
const defaultBodyBytes = 8 * 1024 * 1024
/** For so long after its end an answer is streamed to a client that resumes: it may have missed the end. In ms. */
const recent = 60_000

/**
 * The routes of the AI SDK's `DefaultChatTransport`, for `useChat` without the web client, as an entry of
 * `createChatServer`'s `mounts`. The chat's id is that of the session, which the first prompt creates.
 *
 * - `POST <path>` sends the last message and streams the answer: a prompt, one in the place of another, a retry,
 *   or answers to calls. Nothing else of the body is believed: the conversation is the stored one.
 * - `GET <path>/:id/stream` streams the running answer from its beginning, or one that ended within the last
 *   minute, whose end the client may have missed; otherwise it answers 204.
 * - `DELETE <path>/:id` stops the run. Leaving a stream does not.
 *
 * An answer whose stream could not be ended is cut off, and not ended as if it were whole.
 */
export function chatRoutes({
  path = '/api/chat',
  bodyBytes = defaultBodyBytes,
}: ChatRoutesOptions = {}): Mount {
  return {
    path: normalisePath(path),
    bodyBytes,
    exposedHeaders: Object.keys(headers),
    routes: ({ store: { clock } }) => [
      {
        method: 'POST',
        path: '',
        answer: async (call) => post(call, readChatRequest(await call.body())),
      },
      { method: 'GET', path: '/:id/stream', answer: (call) => resume(call, clock.now() - recent) },
      {
        method: 'DELETE',
        path: '/:id',
        async answer({ client, params: { id = '' } }) {
          return { json: await client.runs.interrupt({ sessionId: id }) }
        },
      },
    ],
    // A client of the AI SDK shows the body as the error's message.
    failure: ({ status, message }) => ({ status, text: message }),
  }
}

async function post(call: MountCall, request: ChatRequest): Promise<MountAnswer> {
  if (request.asks === 'prompt' && request.replaces === undefined)
    await assertSession(call, promptOf(request))
  const { caughtUp, ...live } = await follow(call, request.sessionId)
  try {
    return { headers, events: await answered(call, request, caughtUp, live) }
  } catch (error) {
    live.close()
    throw error
  }
}

async function answered(
  { client }: MountCall,
  request: ChatRequest,
  caughtUp: ChatFrameOf<'caught-up'>,
  live: LiveFrames,
): Promise<AsyncIterable<string>> {
  const { sessionId } = request
  if (request.asks === 'go-on') return goOn(client, request, caughtUp, live)
  if (request.asks === 'regenerate') {
    const messageId = await shownId(client, sessionId, request.promptId)
    const { runId } = await client.messages.retry({ sessionId, messageId, ...askedOf(request) })
    return chunkEvents(new RunView(runId), live, [])
  }
  const prompt = promptOf(request)
  if (request.replaces !== undefined) {
    const messageId = await shownId(client, sessionId, request.replaces)
    // The prompt has the other one's id in the client, which is taken here: it gets a new one.
    const { runId } = await client.messages.resend({ ...prompt, messageId })
    return chunkEvents(new RunView(runId), live, [])
  }
  const { runId } = await client.messages.send(prompt)
  const view = new RunView(runId)
  // The same prompt again, whose run may be over.
  const { messages } = await client.history.loadMore({ sessionId })
  const answer = messages.findLast(
    (one) => one.role === 'assistant' && one.metadata.runId === runId,
  )
  return chunkEvents(
    view,
    live,
    answer?.status === 'done' ? view.show(answer) : view.take(caughtUp),
  )
}

/** What is asked of the model. */
function askedOf({ model, thinkingLevel }: ChatRequest) {
  return {
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
  }
}

function promptOf(request: Extract<ChatRequest, { asks: 'prompt' }>) {
  const { sessionId, messageId, parts, custom } = request
  const prompt = { sessionId, messageId, parts, ...askedOf(request), ...(custom && { custom }) }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the procedure checks the metadata
  return prompt as typeof prompt & { custom?: CustomMetadataInput }
}

/** Answers what the run waits for, and follows what it then adds to its answer. */
async function goOn(
  client: MountCall['client'],
  { sessionId, messageId, answers }: Extract<ChatRequest, { asks: 'go-on' }>,
  { run, open = [] }: ChatFrameOf<'caught-up'>,
  live: LiveFrames,
): Promise<AsyncIterable<string>> {
  const answer = open.find((one) => one.id === messageId)
  const waiting = answers.flatMap(({ toolCallId, answer: given }) => {
    const index = answer?.parts.findIndex((part, at) => isCall(part, toolCallId, at)) ?? -1
    return index < 0 ? [] : [{ index, given }]
  })
  if (!answer || run?.status !== 'waiting' || waiting.length === 0) {
    const reason = { reason: 'run-not-waiting' }
    throw new CaughtupError('CONFLICT', 'Nothing waits for these answers.', reason)
  }
  const shown = [...answer.parts]
  let resumed = false
  for (const { index, given } of waiting) {
    const part = shown[index]
    if (part?.type !== 'dynamic-tool') continue
    const { toolCallId } = part
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the procedure checks the output
    const response = { sessionId, runId: run.id, toolCallId, ...given } as never
    resumed = (await client.runs.respond(response)).resumed
    shown[index] = withAnswer(part, given)
  }
  const view = new RunView(run.id, { answer: { ...answer, parts: shown }, shown })
  const first = view.begin()
  return chunkEvents(view, live, resumed ? first : [...first, ...view.wait()])
}

/** Whether the part is a call that waits, under the id by which its client knows it. */
function isCall(part: Part, toolCallId: string, index: number): boolean {
  if (!isAwaited(part) || part.type !== 'dynamic-tool') return false
  return part.toolCallId === toolCallId || `${part.toolCallId}#${index}` === toolCallId
}

/** The part as its client shows it already. */
function withAnswer(part: Extract<Part, { type: 'dynamic-tool' }>, given: CallAnswer): Part {
  const state =
    'approved' in given
      ? {
          state: 'approval-responded',
          approval: { ...('approval' in part && part.approval), ...given },
        }
      : 'output' in given
        ? { state: 'output-available', output: given.output }
        : { state: 'output-error', errorText: given.error }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the states have these members
  return { ...part, ...state } as Part
}

async function resume(call: MountCall, since: number): Promise<MountAnswer> {
  const { params } = call
  const sessionId = params['id'] ?? ''
  try {
    await call.session(sessionId)
  } catch (error) {
    // A chat that nobody has written to yet.
    if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return { status: 204 }
    throw error
  }
  const { caughtUp, ...live } = await follow(call, sessionId)
  const { run, queue } = caughtUp
  const queued = queue.find(({ kind }) => kind === 'agent')
  const runId = run?.kind === 'agent' ? run.id : queued?.runId
  if (runId !== undefined) {
    const view = new RunView(runId)
    return { headers, events: chunkEvents(view, live, view.take(caughtUp)) }
  }
  const { messages } = await call.client.history.loadMore({ sessionId }).finally(live.close)
  const { role, metadata } = messages.at(-1) ?? {}
  const isRecent = role === 'assistant' && (metadata?.finishedAt ?? 0) > since
  if (!isRecent || metadata?.runId === undefined) return { status: 204 }
  const view = new RunView(metadata.runId)
  return {
    headers,
    events: chunkEvents(
      view,
      live,
      messages.slice(-1).flatMap((one) => view.show(one)),
    ),
  }
}

/** The session of a first prompt is made with it. */
async function assertSession(call: MountCall, prompt: ReturnType<typeof promptOf>): Promise<void> {
  try {
    await call.session(prompt.sessionId)
  } catch (error) {
    if (!(error instanceof CaughtupError) || error.code !== 'NOT_FOUND') throw error
    await makeSession(call.client, prompt)
  }
}

/** Whatever happens from now on is in the frames, behind the state that is given. */
async function follow(
  { client, signal }: MountCall,
  sessionId: string,
): Promise<LiveFrames & { caughtUp: ChatFrameOf<'caught-up'> }> {
  const over = new AbortController()
  const frames = await client.onChat(
    { sessionId, mode: { type: 'live' } },
    { signal: AbortSignal.any([signal, over.signal]) },
  )
  const close = () => over.abort()
  for (;;) {
    const { done, value } = await frames.next()
    if (done || value.type === 'end') {
      close()
      throw new CaughtupError('UNAVAILABLE', 'The chat cannot be followed now.')
    }
    if (value.type === 'caught-up') return { frames, close, caughtUp: value }
  }
}

/**
 * The message that is shown where this one was. A client keeps the id of a prompt that it sent again in another
 * form, and here it is another message then.
 */
async function shownId(
  client: MountCall['client'],
  sessionId: string,
  messageId: string,
): Promise<string> {
  try {
    const { versions } = await client.messages.versions({ sessionId, messageId })
    return versions.find(({ shown }) => shown)?.message.id ?? messageId
  } catch (error) {
    if (error instanceof ORPCError && error.code === 'NOT_FOUND') return messageId
    throw error
  }
}
