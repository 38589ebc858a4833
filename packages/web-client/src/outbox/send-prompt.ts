import type { SendResult } from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import { ChatClientError, isPermanentError, toViewError, type ViewError } from '../core/errors.ts'
import { request } from '../core/request.ts'
import { claim, type Decided, type Decision, release } from './kept-prompt.ts'
import type { OutboxHost } from './outbox.ts'

/**
 * One attempt to send a prompt. After a failure, or while the view has no stream, it asks for something
 * harmless first: a prompt that was not even tried can still be changed.
 *
 * @throws {ChatClientError} `CANCELLED` if it is not to be sent any more
 */
export async function sendPrompt(
  host: OutboxHost,
  sessionId: string,
  hasFailed: boolean,
  decide: (decision: Decision) => Decided | Promise<Decided>,
): Promise<SendResult> {
  const { context } = host
  if (hasFailed || !host.isConnected(sessionId)) await probe(context, sessionId)
  const { before, after } = await decide(claim)
  if (after?.state !== 'sending') throw cancelled()
  try {
    return await request(context, (signal) => context.rpc.messages.send(after.input, { signal }))
  } catch (error) {
    if (before?.state === 'queued' && isRefusal(toViewError(error))) await decide(release(after))
    throw error
  }
}

export function cancelled(): ChatClientError {
  return new ChatClientError({ code: 'CANCELLED', message: 'The prompt was removed.' })
}

/** Throws if no server answers; what it answers does not matter. */
async function probe(context: ClientContext, sessionId: string): Promise<void> {
  try {
    await request(context, (signal) => context.rpc.sessions.get({ sessionId }, { signal }))
  } catch (error) {
    const { code } = toViewError(error)
    if (!isPermanentError({ code }) && code !== 'INTERNAL') throw error
  }
}

/** Whether the server itself tells that it has not kept the prompt. A proxy gives no reason. */
function isRefusal({ code, data }: ViewError): boolean {
  if (code === 'LIMIT_EXCEEDED') return true
  return code === 'UNAVAILABLE' && data.reason !== undefined && data.reason !== 'outcome-unknown'
}
