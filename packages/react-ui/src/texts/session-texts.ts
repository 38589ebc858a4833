/** What the session list says. */
export const sessionTexts = {
  list: 'Chats',
  search: 'Search chats and messages',
  searchPlaceholder: 'Search',
  untitled: 'New chat',
  empty: 'No chats yet. Send a message to start one.',
  noTitleFound: 'No chat has such a title.',

  streaming: 'answering now',
  unread: (count: number) => `${count} unread`,
  failed: 'last answer failed',

  hits: 'Messages found',
  noMessageFound: 'No message has these words.',
  searchFailed: (reason: string) => `The search failed: ${reason}`,
}
