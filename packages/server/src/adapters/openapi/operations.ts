import type { ProcedurePath } from '../../host/principal.ts'

/** What each procedure does, in one line. */
export const summaries: Readonly<Record<ProcedurePath, string>> = {
  onChat: 'Follow a session: a replay, then every event live',
  'sessions.list': 'List the caller’s sessions, the most recent first',
  'sessions.search': 'Search the messages of all of the caller’s sessions',
  'sessions.prompts': 'List the caller’s own prompts in all of its sessions',
  'sessions.create': 'Create a session',
  'sessions.get': 'Get a session',
  'sessions.update': 'Change a session’s title or metadata',
  'sessions.fork': 'Make a session with the messages up to one',
  'sessions.members': 'List the members of a session, the owner first',
  'sessions.addMember': 'Add a member to a session',
  'sessions.removeMember': 'Remove a member from a session',
  'sessions.signal': 'Tell all who are watching something of the moment',
  'sessions.delete': 'Delete a session',
  'messages.send': 'Send a prompt: it starts a run, or queues it',
  'messages.edit': 'Replace the parts of a message',
  'messages.delete': 'Remove a message for good',
  'messages.retry': 'Answer a prompt again',
  'messages.resend': 'Send another prompt in place of one',
  'messages.prompts': 'List the caller’s own prompts in a session',
  'messages.versions': 'List the versions that begin at a message’s place',
  'messages.choose': 'Show the version that begins with a message',
  'runs.interrupt': 'End the active run, or the one named',
  'runs.respond': 'Answer a tool call that a run waits for',
  'runs.updateQueued': 'Replace a prompt that waits in the queue',
  'history.loadMore': 'Read a page of messages, older or newer',
  'history.around': 'Read the page around a message',
  'history.search': 'Search the messages of a session',
  'history.compact': 'Open an epoch with a summary of the newest one',
  'history.reset': 'Open an empty epoch',
  'history.undo': 'Hide the last turn',
  'history.redo': 'Show what the newest undo hid',
  'history.truncate': 'Remove the messages after one for good',
  'history.erase': 'Remove messages and their content for good',
  'events.list': 'List the entries of a session’s journal',
  'events.summary': 'Count the entries of a journal that match',
  'events.get': 'Get one entry of a journal',
  'events.delete': 'Remove the oldest entries of a journal',
  'activity.list': 'List the status of the caller’s sessions',
  'activity.subscribe': 'Follow the status of all of the caller’s sessions',
  'activity.markRead': 'Move the caller’s read mark forward',
  'usage.get': 'Get what a session has used',
  'usage.epochs': 'List what a session used in each epoch',
  'server.stats': 'Get the server’s figures',
}

/** What the procedures of each namespace, and those of none, are about. */
export const tags: Readonly<Record<string, string>> = {
  chat: 'Following a session',
  sessions: 'Sessions and their members',
  messages: 'Prompts and answers',
  runs: 'Executions of the agent',
  history: 'Older messages, and changes of the history',
  events: 'The journal of a session',
  activity: 'The status of sessions in a list',
  usage: 'What a session has used',
  server: 'The server itself',
  attachments: 'Files of messages',
}

export function tagOf(procedure: string): string {
  const [namespace = '', name] = procedure.split('.')
  return name === undefined ? 'chat' : namespace
}
