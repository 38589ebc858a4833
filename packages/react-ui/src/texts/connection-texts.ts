/** What is said about the connection of a view: by the banner, in empty lists, in a badge. */
export const connectionTexts = {
  deleted: 'This chat was deleted.',
  forbidden: 'You no longer have access.',
  missing: 'This chat does not exist, or it is not yours.',
  'signed-out': 'You are signed out.',
  outdated: 'This page is of another version than the server.',
  /** Where the server gives no reason. */
  failed: 'The connection failed.',
  replaced: 'This chat goes on in another window.',
  displaced: 'Too many chats are open at once. This one goes on once another is closed.',
  offline: 'You are offline.',
  crowded: 'Too many tabs are open. This one goes on once another is closed.',
  unreachable: 'The server cannot be reached.',
  'catching-up': 'Catching up.',

  /** After one of these, while older content is shown. */
  mayBeOutOfDate: 'What you see may be out of date.',
  promptsKept: (count: number) =>
    count === 1
      ? 'Your prompt is kept, and sent when it is possible.'
      : `${count} prompts are kept, and sent when it is possible.`,

  tryNow: 'Try now',
  reconnect: 'Reconnect',
  reloadPage: 'Reload',
  signIn: 'Sign in',
  leave: 'Leave',

  loading: 'Loading…',

  /** The state in a few words. */
  status: {
    idle: 'Paused',
    displaced: 'Too many chats open',
    connecting: 'Connecting…',
    reconnecting: 'Reconnecting…',
    replaying: 'Catching up…',
    live: 'Live',
    waiting: (seconds: number) => `Reconnecting in ${seconds} s`,
    crowded: 'Too many tabs',
    offline: 'Offline',
    ended: 'Ended',
    deleted: 'Deleted',
    forbidden: 'No longer allowed',
    replaced: 'Continued elsewhere',
    failed: 'Not connected',
  },
}
