import type { Message } from '@caughtup/schema'

import type { Agent, AgentContext } from '../../host/agent.ts'
import { readRemote } from './read-remote.ts'
import { stateOf, ToAgentParts } from './to-agent-parts.ts'
import { closed, toAgUiMessages } from './to-ag-ui-messages.ts'

export interface FromAgUiOptions {
  /** The endpoint of the remote agent. */
  url: string | URL
  /** Headers of each request, such as credentials. @default none */
  headers?: (context: AgentContext) => Record<string, string>
  /** `forwardedProps` of each request. @default `{}` */
  forwardedProps?: (context: AgentContext) => unknown
  /** @default the global one */
  fetch?: (url: string | URL, init: RequestInit) => Promise<Response>
}

/**
 * A remote agent that speaks AG-UI, as the agent of a chat server. It gets the conversation and the state, and is asked
 * once per run. Its state is the `data-state` part of its answers, its interrupts are approvals, and calls that it
 * leaves without a result wait for a client. Of its `MESSAGES_SNAPSHOT`s nothing is taken: the session is kept here.
 *
 * A run fails if the remote agent answers with an error, or ends its answer before the run is over.
 */
export function fromAgUi({
  url,
  headers,
  forwardedProps,
  fetch: ask = fetch,
}: FromAgUiOptions): Agent {
  return async function* (context) {
    const { sessionId, runId, messages, signal } = context
    const resume = answersOf(messages)
    const response = await ask(url, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        ...headers?.(context),
      },
      body: JSON.stringify({
        threadId: sessionId,
        runId,
        protocolVersion: '1.0',
        state: stateOf(messages),
        messages: toAgUiMessages(messages.map(closed)),
        tools: [],
        context: [],
        forwardedProps: forwardedProps?.(context) ?? {},
        ...(resume.length > 0 && { resume }),
      }),
      signal,
    })
    if (!response.ok || !response.body) {
      await response.body?.cancel()
      throw new Error(`The remote agent answered with status ${response.status}.`)
    }
    const reading = new ToAgentParts(messages)
    for await (const event of readRemote(response.body)) yield* reading.parts(event)
    if (!reading.isOver)
      throw new Error('The remote agent ended its answer before the run was over.')
  }
}

/** Answers to interrupts, of a run that goes on. */
function answersOf(messages: readonly Message[]) {
  return (messages.at(-1)?.parts ?? []).flatMap((part) => {
    if (part.type !== 'dynamic-tool' || part.state !== 'approval-responded') return []
    const { id, approved, reason } = part.approval
    const payload = { approved, ...(reason !== undefined && { reason }) }
    return [{ interruptId: id, status: 'resolved', payload }]
  })
}
