import type { ProcedureDeps, Procedures } from './base.ts'

export function messageProcedures(
  { messages: { send } }: Procedures,
  { access, sendMessage }: ProcedureDeps,
) {
  return {
    send: send.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'messages.send', input.sessionId)
      return sendMessage.send(session, input, principal)
    }),
  }
}
