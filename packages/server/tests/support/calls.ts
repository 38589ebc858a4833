import type { ProcedurePath } from '../../src/host/principal.ts'
import type { Client } from './open-test-server.ts'

/** A call of every procedure; those about a message change the one with the id `prompt`. */
export const calls: Record<ProcedurePath, (client: Client, sessionId: string) => Promise<unknown>> =
  {
    onChat: (client, sessionId) => client.onChat({ sessionId, mode: { type: 'full' } }),
    'sessions.list': (client) => client.sessions.list(),
    'sessions.prompts': (client) => client.sessions.prompts(),
    'sessions.search': (client) => client.sessions.search({ text: 'prompt' }),
    'sessions.create': (client) => client.sessions.create(),
    'sessions.get': (client, sessionId) => client.sessions.get({ sessionId }),
    'sessions.update': (client, sessionId) => client.sessions.update({ sessionId, title: 'New' }),
    'sessions.fork': (client, sessionId) => client.sessions.fork({ sessionId, from: 'prompt' }),
    'sessions.members': (client, sessionId) => client.sessions.members({ sessionId }),
    'sessions.addMember': (client, sessionId) =>
      client.sessions.addMember({ sessionId, principal: 'new' }),
    'sessions.removeMember': (client, sessionId) =>
      client.sessions.removeMember({ sessionId, principal: 'other' }),
    'sessions.signal': (client, sessionId) =>
      client.sessions.signal({ sessionId, name: 'typing', data: true }),
    'sessions.delete': (client, sessionId) => client.sessions.delete({ sessionId }),
    'messages.send': (client, sessionId) => client.messages.send({ sessionId, text: 'Hi' }),
    'messages.edit': (client, sessionId) =>
      client.messages.edit({ sessionId, messageId: 'prompt', text: 'Hello' }),
    'messages.delete': (client, sessionId) =>
      client.messages.delete({ sessionId, messageId: 'prompt' }),
    'messages.retry': (client, sessionId) =>
      client.messages.retry({ sessionId, messageId: 'prompt' }),
    'messages.resend': (client, sessionId) =>
      client.messages.resend({ sessionId, messageId: 'prompt', text: 'Better' }),
    'messages.prompts': (client, sessionId) => client.messages.prompts({ sessionId }),
    'messages.versions': (client, sessionId) =>
      client.messages.versions({ sessionId, messageId: 'prompt' }),
    'messages.choose': (client, sessionId) =>
      client.messages.choose({ sessionId, messageId: 'prompt' }),
    'runs.interrupt': (client, sessionId) => client.runs.interrupt({ sessionId }),
    'runs.respond': (client, sessionId) =>
      client.runs.respond({ sessionId, runId: 'waiting', toolCallId: 'call', approved: true }),
    'runs.updateQueued': (client, sessionId) =>
      client.runs.updateQueued({ sessionId, runId: 'queued', text: 'Better' }),
    'history.loadMore': (client, sessionId) => client.history.loadMore({ sessionId }),
    'history.around': (client, sessionId) =>
      client.history.around({ sessionId, messageId: 'prompt' }),
    'history.search': (client, sessionId) => client.history.search({ sessionId, text: 'prompt' }),
    'history.compact': (client, sessionId) => client.history.compact({ sessionId }),
    'history.reset': (client, sessionId) => client.history.reset({ sessionId }),
    'history.undo': (client, sessionId) => client.history.undo({ sessionId }),
    'history.redo': (client, sessionId) => client.history.redo({ sessionId }),
    'history.truncate': (client, sessionId) =>
      client.history.truncate({ sessionId, after: 'prompt' }),
    'history.erase': (client, sessionId) =>
      client.history.erase({ sessionId, messageIds: ['prompt'] }),
    'events.list': (client, sessionId) => client.events.list({ sessionId }),
    'events.summary': (client, sessionId) => client.events.summary({ sessionId }),
    'events.get': (client, sessionId) => client.events.get({ sessionId, seq: 1 }),
    'events.delete': (client, sessionId) => client.events.delete({ sessionId, upTo: 1 }),
    'activity.list': (client) => client.activity.list(),
    'activity.subscribe': (client) => client.activity.subscribe(),
    'activity.markRead': (client, sessionId) => client.activity.markRead({ sessionId, upTo: 1 }),
    'usage.get': (client, sessionId) => client.usage.get({ sessionId }),
    'usage.epochs': (client, sessionId) => client.usage.epochs({ sessionId }),
    'server.stats': (client) => client.server.stats(),
  }
