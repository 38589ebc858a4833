import type { ProcedureDeps, Procedures } from './base.ts'

export function historyProcedures(
  {
    history: { loadMore, around, search, compact, reset, undo, redo, truncate, erase },
  }: Procedures,
  { settings, access, requestEpoch, changeHistory, transcripts }: ProcedureDeps,
) {
  return {
    loadMore: loadMore.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'history.loadMore', input.sessionId)
      const { cursor, limit } = input
      const unmerged = cursor ? undefined : await transcripts.merge(id, signal)
      const query = { ...cursor, ...(limit !== undefined && { limit }) }
      const page = await settings.store.page(id, query, signal && { signal })
      return { ...page, ...(unmerged && { unmerged }) }
    }),
    around: around.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'history.around', input.sessionId)
      const { messageId, limit } = input
      const query = { around: messageId, ...(limit !== undefined && { limit }) }
      return settings.store.page(id, query, signal && { signal })
    }),
    search: search.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'history.search', input.sessionId)
      const { sessionId: _, ...query } = input
      const asked = { ...query, in: { sessionId: id } }
      return { hits: await settings.store.history.search(asked, signal && { signal }) }
    }),
    compact: compact.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'history.compact', input.sessionId)
      return requestEpoch.request('compaction', id, principal)
    }),
    reset: reset.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'history.reset', input.sessionId)
      return requestEpoch.request('reset', id, principal)
    }),
    undo: undo.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'history.undo', input.sessionId)
      return changeHistory.undo(session, principal)
    }),
    redo: redo.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'history.redo', input.sessionId)
      return changeHistory.redo(session, principal)
    }),
    truncate: truncate.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'history.truncate', input.sessionId)
      return changeHistory.truncate(session, input.after, principal)
    }),
    erase: erase.handler(async ({ input, context: { principal } }) => {
      const session = await access.authorizeSession(principal, 'history.erase', input.sessionId)
      return changeHistory.erase(session, input.messageIds, principal)
    }),
  }
}
