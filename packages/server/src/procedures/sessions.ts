import type { UpdateSessionInput } from '@caughtup/schema'

import { removeWithAttachments } from '../attachments/remove-attachments.ts'
import { declaredObject } from '../host/declared.ts'
import type { ProcedureDeps, Procedures } from './base.ts'

export function sessionProcedures(
  {
    sessions: {
      list,
      search,
      prompts,
      create,
      get,
      update,
      members,
      addMember,
      removeMember,
      signal: tell,
      fork,
      delete: remove,
    },
  }: Procedures,
  { settings, access, rates, runs, signals }: ProcedureDeps,
) {
  const { sessions, history } = settings.store
  const metadataOf = async ({ metadata }: Pick<UpdateSessionInput, 'metadata'>) =>
    metadata && {
      metadata: await declaredObject(settings.schemas.sessionMetadata, metadata, 'metadata'),
    }
  return {
    list: list.handler(async ({ input, context: { principal } }) => {
      await access.authorize(principal, 'sessions.list')
      return sessions.list(principal.id, input)
    }),
    search: search.handler(async ({ input, context: { principal }, signal }) => {
      await access.authorize(principal, 'sessions.search')
      const asked = { ...input, in: { principal: principal.id } }
      const hits = await history.search(asked, signal && { signal })
      return { hits: await access.grantedOf(principal, 'history.search', hits) }
    }),
    prompts: prompts.handler(async ({ input, context: { principal } }) => {
      await access.authorize(principal, 'sessions.prompts')
      const page = await sessions.prompts(principal.id, input)
      const granted = await access.grantedOf(principal, 'messages.prompts', page.prompts)
      return { ...page, prompts: granted }
    }),
    create: create.handler(async ({ input, context: { principal } }) => {
      await access.authorize(principal, 'sessions.create', input?.members)
      await rates.creates.take(principal.id)
      return sessions.create({ owner: principal.id, ...input, ...(await metadataOf(input ?? {})) })
    }),
    get: get.handler(({ input, context: { principal } }) =>
      access.authorizeSession(principal, 'sessions.get', input.sessionId),
    ),
    update: update.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'sessions.update', input.sessionId)
      await rates.changes.take(principal.id)
      const { title } = input
      const change = { ...(title !== undefined && { title }), ...(await metadataOf(input)) }
      return sessions.update(id, change)
    }),
    members: members.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'sessions.members', input.sessionId)
      const [owner, ...others] = await sessions.members(id)
      return {
        members: [
          ...(owner === undefined ? [] : [{ principal: owner, owner: true }]),
          ...others.map((other) => ({ principal: other, owner: false })),
        ],
      }
    }),
    addMember: addMember.handler(async ({ input, context: { principal } }) => {
      const { sessionId, principal: member } = input
      const action = 'sessions.addMember'
      const { id } = await access.authorizeSession(principal, action, sessionId, member)
      await rates.changes.take(principal.id)
      return { added: await sessions.addMember(id, member) }
    }),
    removeMember: removeMember.handler(async ({ input, context: { principal } }) => {
      const { sessionId, principal: member } = input
      const action = 'sessions.removeMember'
      const { id } = await access.authorizeSession(principal, action, sessionId, member)
      await rates.changes.take(principal.id)
      return { removed: await sessions.removeMember(id, member) }
    }),
    signal: tell.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'sessions.signal', input.sessionId)
      await signals.send(id, principal.id, input)
      return { sent: true }
    }),
    fork: fork.handler(async ({ input, context: { principal }, signal }) => {
      const { sessionId, ...upTo } = input
      const { id } = await access.authorizeSession(principal, 'sessions.fork', sessionId)
      await rates.creates.take(principal.id)
      const options = { ...upTo, owner: principal.id }
      const { session, moved } = await history.fork(id, options, signal && { signal })
      return { session, moved }
    }),
    delete: remove.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'sessions.delete', input.sessionId)
      await removeWithAttachments(settings, id, () => sessions.delete(id))
      runs.abandon(({ sessionId }) => sessionId === id)
      return { deleted: true }
    }),
  }
}
