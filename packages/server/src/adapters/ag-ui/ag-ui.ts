import { CaughtupError, type CustomMetadataInput } from '@caughtup/schema'
import { isAwaited } from '@caughtup/schema/fold'
import type { Store, Window } from '@caughtup/store'

import type { Mount, MountCall, MountStream } from '../../host/mount.ts'
import { endingEvents } from '../../mounts/ending-events.ts'
import { makeSession } from '../../mounts/make-session.ts'
import type { AgUiEvent } from './ag-ui-event.ts'
import { RunEvents } from './run-events.ts'
import { readRunInput, type RunInput } from './run-input.ts'

export interface AgUiOptions {
  /** Where the endpoint is: the URL of a client's `HttpAgent`. */
  path: string
  /**
   * Size of the largest body, in bytes: clients send their whole history each time.
   * @default the limit `bodyBytes`
   */
  bodyBytes?: number
  /**
   * What to keep with a prompt as its `metadata.custom`, of the request that brought it: the agent reads a
   * client's `tools`, `context` and `state` there. @default nothing
   */
  custom?: (input: Readonly<Record<string, unknown>>) => CustomMetadataInput | undefined
}

/**
 * An endpoint for clients of AG-UI (`HttpAgent` of `@ag-ui/client`): a thread is a session, and `POST` runs the
 * agent with the newest message. Without a new one it says what there is, and follows the run that is active.
 * `DELETE <path>/<thread>` stops a run; a client that disconnects does not. For `mounts` of `createChatServer`.
 */
export function agUi({ path, bodyBytes, custom }: AgUiOptions): Mount {
  return {
    path,
    ...(bodyBytes !== undefined && { bodyBytes }),
    routes: ({ store }) => [
      {
        method: 'POST',
        path: '',
        async answer(call) {
          const input = readRunInput(await call.body())
          const prompt = promptOf(input, custom)
          const stream = await openThread(call, input, prompt)
          try {
            const followed = await begin(call, store, input, prompt)
            const { signal } = stream
            const events = new RunEvents({ ...followed, store, sessionId: input.threadId, signal })
            const end = () => stream[Symbol.dispose]()
            return { events: endingEvents<AgUiEvent>(events, { textOf, end }) }
          } catch (error) {
            stream[Symbol.dispose]()
            throw error
          }
        },
      },
      {
        method: 'DELETE',
        path: '/:id',
        answer: async ({ client, params: { id = '' } }) => ({
          json: await client.runs.interrupt({ sessionId: id }),
        }),
      },
    ],
  }
}

/** The newest message as the input of `messages.send`. */
function promptOf(
  { threadId: sessionId, prompt, whole }: RunInput,
  custom: AgUiOptions['custom'],
): Prompt | undefined {
  if (!prompt) return undefined
  const kept = custom?.(whole)
  const { id: messageId, parts } = prompt
  return { sessionId, messageId, parts, ...(kept && { custom: kept }) }
}

type Prompt = Parameters<typeof makeSession>[1]

/** A thread that nobody has is made by its first prompt. */
async function openThread(
  call: MountCall,
  { threadId: sessionId }: RunInput,
  prompt: Prompt | undefined,
): Promise<MountStream> {
  try {
    return await call.stream(sessionId)
  } catch (error) {
    const isUnknown = error instanceof CaughtupError && error.code === 'NOT_FOUND'
    if (!isUnknown || !prompt) throw error
    await makeSession(call.client, prompt)
    return call.stream(sessionId)
  }
}

/** Does what the request asks for. */
async function begin(
  { client }: MountCall,
  store: Pick<Store, 'window' | 'head' | 'message'>,
  input: RunInput,
  prompt: Prompt | undefined,
) {
  const { threadId, runId: clientRunId } = input
  const window = await store.window(threadId)
  const named = { threadId, clientRunId }
  if (prompt && !(await isKnown(store, threadId, prompt.messageId, window))) {
    const { runId } = await client.messages.send(prompt)
    const { cursor } = await store.head(threadId)
    return { ...named, runId, until: cursor.seq, window, withHistory: false }
  }
  await respond(client, input, window)
  const { cursor } = await store.head(threadId)
  const { run, queue } = window.head
  const queued = queue.find((each) => each.kind === 'agent' && each.messageId === prompt?.messageId)
  const runId = queued?.runId ?? (run?.kind === 'agent' ? run.id : undefined)
  // The history is that from before the answers: what they brought comes as events.
  return { ...named, runId, until: cursor.seq, window, withHistory: true }
}

async function isKnown(
  store: Pick<Store, 'message'>,
  sessionId: string,
  messageId: string,
  { head }: Window,
): Promise<boolean> {
  if (head.queue.some((queued) => queued.kind === 'agent' && queued.messageId === messageId)) {
    return true
  }
  return (await store.message(sessionId, messageId)) !== undefined
}

/** Gives the answers that the run waits for. Others are left: another device may have answered. */
async function respond(
  client: MountCall['client'],
  { threadId: sessionId, answers, results }: RunInput,
  { head, messages }: Window,
): Promise<void> {
  const runId = head.run?.id
  if (runId === undefined || head.run?.status !== 'waiting') return
  const awaited = messages
    .filter(({ metadata }) => metadata.runId === runId)
    .flatMap(({ parts }) => parts)
    .filter(isAwaited)
  for (const call of awaited) {
    const { toolCallId } = call
    const about = { sessionId, runId, toolCallId }
    if (call.state === 'approval-requested') {
      const answer = answers.find(({ interruptId }) => interruptId === call.approval.id)
      if (!answer) continue
      const { approved, reason } = answer
      await client.runs.respond({ ...about, approved, ...(reason !== undefined && { reason }) })
    } else {
      const result = results.find((each) => each.toolCallId === toolCallId)
      if (!result) continue
      const { content, error } = result
      const given = error === undefined ? { output: valueOf(content) } : { error }
      await client.runs.respond({ ...about, ...given })
    }
  }
}

/** What a client's tool returned: its JSON, or the text as it is. */
function valueOf(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}

function textOf(event: AgUiEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`
}
