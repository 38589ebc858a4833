import { ownPrompts } from '../prompts/own-prompts.ts'
import type { ProcedureDeps, Procedures } from './base.ts'

export function messageProcedures(
  {
    messages: { send, edit, delete: remove, retry, resend, prompts, versions, choose },
  }: Procedures,
  { settings, access, sendMessage, answerAgain, changeHistory }: ProcedureDeps,
) {
  return {
    send: send.handler(async ({ input, context: { principal } }) => {
      // Whether a prompt can be sent is known before its session is: see `makeSession`.
      const read = await sendMessage.read(input)
      const session = await access.authorizeSession(principal, 'messages.send', input.sessionId)
      return sendMessage.send(session, read, principal)
    }),
    edit: edit.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'messages.edit', input.sessionId)
      return changeHistory.edit(session, input, principal)
    }),
    delete: remove.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'messages.delete', input.sessionId)
      return changeHistory.delete(session, input.messageId, principal)
    }),
    retry: retry.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'messages.retry', input.sessionId)
      return answerAgain.retry(session, input, principal)
    }),
    resend: resend.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'messages.resend', input.sessionId)
      return answerAgain.resend(session, input, principal)
    }),
    prompts: prompts.handler(async ({ input, context: { principal }, signal }) => {
      const { sessionId, cursor, limit } = input
      const { id } = await access.authorizeSession(principal, 'messages.prompts', sessionId)
      const place = { ...cursor, ...(limit !== undefined && { limit }) }
      const whose = { sessionId: id, author: principal.id }
      return ownPrompts(settings.store, whose, place, signal ? { signal } : {})
    }),
    versions: versions.handler(async ({ input, context: { principal }, signal }) => {
      const { sessionId, messageId } = input
      const { id } = await access.authorizeSession(principal, 'messages.versions', sessionId)
      const { history } = settings.store
      return { versions: await history.versions(id, messageId, signal && { signal }) }
    }),
    choose: choose.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'messages.choose', input.sessionId)
      return changeHistory.choose(session, input.messageId, principal)
    }),
  }
}
