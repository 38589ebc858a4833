import { asChatError, type ChatClient, isPermanentError } from '@caughtup/web-client'
import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { type DefaultOptions, QueryClient } from '@tanstack/react-query'

const queries: DefaultOptions['queries'] = {
  // Not after what no retry can cure: a 401, a session that is gone, a wrong request.
  retry: (failures, error) => failures < 3 && !isPermanentError(asChatError(error)),
  // A server that is busy says for how long.
  retryDelay: (failures, error) => asChatError(error).data.retryAfter ?? 1_000 * 2 ** failures,
}

/** One for each user who signs in: the keys of queries do not say whose they are. */
export const createQueryClient = () => new QueryClient({ defaultOptions: { queries } })

/** What a search finds in all sessions of the user. */
export const searchOptions = (client: ChatClient, text: string) =>
  createTanstackQueryUtils(client.rpc).sessions.search.queryOptions({ input: { text } })

/** The history of a session, the newest page first. */
export const historyOptions = (client: ChatClient, sessionId: string) =>
  createTanstackQueryUtils(client.rpc).history.loadMore.infiniteOptions({
    input: (cursor: { before: number } | null) => ({ sessionId, ...(cursor && { cursor }) }),
    initialPageParam: null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
