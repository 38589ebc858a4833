import type { Connection } from '@caughtup/web-client'

/** What an empty chat or list says while its content has not come. */
export function loadingText({ status, attempts, retryAt }: Connection, what: string): string {
  switch (status) {
    case 'offline':
      return `You are offline. The ${what} come once you are connected again.`
    case 'waiting':
      if (retryAt === undefined) {
        return `Too many tabs are open. The ${what} come once another is closed.`
      }
      return `The ${what} come once the server answers.`
    case 'connecting':
      return attempts > 1 ? `The ${what} come once the server answers.` : `Loading ${what}…`
    case 'displaced':
      return `Too many chats are open at once. The ${what} come once another is closed.`
    case 'ended':
    case 'failed':
      return `The ${what} could not be loaded.`
    case 'idle':
    case 'replaying':
    case 'live':
      return `Loading ${what}…`
  }
}
