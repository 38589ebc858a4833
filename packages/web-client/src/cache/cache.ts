import type { ClientContext } from '../core/client-context.ts'
import type { SessionCache } from '../session/session-view.ts'

/** The option `cache` of a client: where its sessions are kept for the next page. Made by `indexedDbCache`. */
export type Cache = (context: ClientContext) => SessionCache
