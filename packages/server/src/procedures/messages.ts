import type { ProcedureDeps, Procedures } from './base.ts'

export function messageProcedures(
  { messages: { send, edit, delete: remove } }: Procedures,
  { access, sendMessage, changeHistory }: ProcedureDeps,
) {
  return {
    send: send.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'messages.send', input.sessionId)
      return sendMessage.send(session, input, principal)
    }),
    edit: edit.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'messages.edit', input.sessionId)
      return changeHistory.edit(session, input, principal)
    }),
    delete: remove.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'messages.delete', input.sessionId)
      return changeHistory.delete(session, input.messageId, principal)
    }),
  }
}
