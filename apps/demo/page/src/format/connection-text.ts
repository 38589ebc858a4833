import type { Connection } from '@caughtup/web-client'

const endings = {
  'session-deleted': 'Deleted',
  'shutting-down': 'Server stopped',
  forbidden: 'No longer allowed',
  replaced: 'Continued elsewhere',
}

/** The state of a connection in a few words. */
export function connectionText(connection: Connection, now: number): string {
  switch (connection.status) {
    case 'idle':
      return 'Paused'
    case 'displaced':
      return 'Too many chats open'
    case 'connecting':
      return connection.attempts > 1 ? 'Reconnecting…' : 'Connecting…'
    case 'replaying':
      return 'Catching up…'
    case 'live':
      return 'Live'
    case 'waiting': {
      // For a stream of another tab to end.
      if (connection.retryAt === undefined) return 'Too many tabs'
      const seconds = Math.ceil((connection.retryAt - now) / 1_000)
      return seconds > 0 ? `Reconnecting in ${seconds} s` : 'Reconnecting…'
    }
    case 'offline':
      return 'Offline'
    case 'ended':
      return connection.endReason ? endings[connection.endReason] : 'Ended'
    case 'failed':
      return 'Not connected'
  }
}
