import type { SendInput } from '@caughtup/schema'
import { ORPCError } from '@orpc/server'

import type { ProcedureClient } from '../host/mount.ts'

/**
 * Makes the session of a first prompt, which then can be sent. A prompt that is refused makes none.
 *
 * @throws ORPCError as of `messages.send` and `sessions.create`: `CONFLICT` for an id that is another's
 */
export async function makeSession(
  client: ProcedureClient,
  prompt: SendInput & { messageId: string },
): Promise<void> {
  try {
    // It is refused for what it is before it is refused for the session. One that was made meanwhile takes it,
    // and does so once.
    await client.messages.send(prompt)
  } catch (error) {
    if (!(error instanceof ORPCError) || error.code !== 'NOT_FOUND') throw error
    await client.sessions.create({ sessionId: prompt.sessionId })
  }
}
