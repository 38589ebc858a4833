import type { Agent } from '@caughtup/server'
import type { ChatClient } from '@caughtup/web-client'

import type { Host } from '../host/host.ts'
import { settled } from '../host/settled.ts'
import type { Device } from '../recorded/releases.ts'

/** Its runs need nobody. */
export const quickAgent: Agent = async function* () {
  yield { type: 'text-delta', text: 'An answer.' }
  yield { type: 'finish', usage: { inputTokens: 7, outputTokens: 1 } }
}

export interface Caller {
  host: Host
  /** With cursors of some time ago. */
  devices: readonly Device[]
  /** Clients whose calls are recorded. */
  ann: ChatClient
  bob: ChatClient
  /** A request that no client of ours makes. */
  ask(path: string, init?: RequestInit): Promise<Response>
}

/** Calls every procedure, on the sessions of the recorded database. */
export async function callEverything({ host, devices, ann, bob, ask }: Caller): Promise<void> {
  const { rpc } = ann
  const does = async (call: Promise<unknown>, sessionId?: string) => {
    await call
    if (sessionId !== undefined) await settled(host, sessionId)
  }
  const fails = (call: Promise<unknown>) =>
    call.then(
      () => Promise.reject(new Error('A call was to fail.')),
      () => {},
    )
  const file = 'text/plain'

  // Lists and what is read of one session.
  const { nextCursor } = await rpc.sessions.list({ limit: 4 })
  await rpc.sessions.list({ ...(nextCursor !== null && { cursor: nextCursor }), limit: 4 })
  await rpc.sessions.search({ text: 'strasse', limit: 5 })
  await rpc.sessions.prompts({ limit: 3 })
  const rows = await rpc.activity.list({ limit: 4 })
  await rpc.activity.list({ ...(rows.nextCursor !== null && { cursor: rows.nextCursor }) })
  await rpc.sessions.get({ sessionId: 'empty' })
  await rpc.sessions.members({ sessionId: 'parts' })
  await fails(rpc.sessions.get({ sessionId: 'nothing' }))
  await fails(bob.rpc.sessions.get({ sessionId: 'empty' }))
  const page = await rpc.history.loadMore({ sessionId: 'parts', limit: 2 })
  const { nextCursor: older } = page
  await rpc.history.loadMore({ sessionId: 'parts', limit: 2, ...(older && { cursor: older }) })
  await rpc.history.around({ sessionId: 'eventful', messageId: 'third', limit: 5 })
  await rpc.history.search({ sessionId: 'parts', text: 'hel' })
  await rpc.messages.prompts({ sessionId: 'eventful', limit: 2 })
  await rpc.messages.versions({ sessionId: 'versions', messageId: 'again' })
  await rpc.events.list({
    sessionId: 'parts',
    from: 'newest',
    filter: { types: ['message-created', 'run-ended'], after: 5 },
    limit: 4,
  })
  await rpc.events.summary({ sessionId: 'trimmed' })
  await rpc.events.get({ sessionId: 'parts', seq: 3 })
  await rpc.usage.get({ sessionId: 'parts' })
  await rpc.usage.epochs({ sessionId: 'eventful', limit: 2 })
  await rpc.server.stats()
  await fails(bob.rpc.server.stats())

  // Streams, up to where they are live.
  for (const sessionId of ['parts', 'waiting', 'eventful', 'damaged']) {
    await live(rpc.onChat({ sessionId, mode: { type: 'full' } }))
    await live(rpc.onChat({ sessionId, mode: { type: 'live' } }))
  }
  const some = devices.filter((_, index) => index % 2 === 1)
  for (const { sessionId, session } of some) {
    const mode = { type: 'since', cursor: session.cursor } as const
    await live(rpc.onChat({ sessionId, mode, streamId: 'tab-1' }))
  }
  const unknown = { type: 'since', cursor: 'of-another.1.database' } as const
  await live(rpc.onChat({ sessionId: 'parts', mode: unknown }))
  await live(rpc.activity.subscribe())
  await fails(live(rpc.onChat({ sessionId: 'nothing', mode: { type: 'full' } })))

  // Sessions and their members.
  await rpc.sessions.create({
    sessionId: 'new',
    title: 'New',
    members: ['bob'],
    metadata: { project: 'y' },
  })
  await rpc.sessions.create({ sessionId: 'new' })
  await fails(bob.rpc.sessions.create({ sessionId: 'empty' }))
  await rpc.sessions.update({ sessionId: 'new', title: 'Newer', metadata: { project: 'z' } })
  await rpc.sessions.addMember({ sessionId: 'new', principal: 'eve' })
  await rpc.sessions.removeMember({ sessionId: 'new', principal: 'eve' })
  await rpc.sessions.signal({ sessionId: 'new', name: 'typing', data: { on: true } })
  await rpc.activity.markRead({ sessionId: 'parts', upTo: 4 })

  // Prompts and their runs.
  const prompt = { sessionId: 'new', messageId: 'one', text: 'One', custom: { ref: 1 } }
  await does(rpc.messages.send({ ...prompt, model: 'large', thinkingLevel: 'low' }), 'new')
  await rpc.messages.send(prompt)
  await fails(rpc.messages.send({ ...prompt, text: 'Other' }))
  await does(rpc.messages.retry({ sessionId: 'new', messageId: 'one', answerId: 'two' }), 'new')
  const other = { sessionId: 'new', newMessageId: 'one-b', text: 'One b' }
  await does(rpc.messages.resend({ ...other, messageId: 'one' }), 'new')
  await does(rpc.messages.choose({ sessionId: 'new', messageId: 'one' }), 'new')
  await rpc.messages.edit({ sessionId: 'new', messageId: 'one', text: 'One, edited' })
  await does(rpc.history.undo({ sessionId: 'new' }), 'new')
  await rpc.history.redo({ sessionId: 'new' })
  await fails(rpc.history.redo({ sessionId: 'new' }))
  await does(rpc.history.compact({ sessionId: 'new' }), 'new')
  await does(rpc.messages.send({ sessionId: 'new', messageId: 'three', text: 'Three' }), 'new')
  await rpc.messages.delete({ sessionId: 'new', messageId: 'three' })
  await does(rpc.history.truncate({ sessionId: 'new' }), 'new')
  await rpc.history.erase({ sessionId: 'new', messageIds: ['one'] })
  await does(rpc.history.reset({ sessionId: 'new' }), 'new')

  // A run that waits, and what waits behind it.
  const { head } = await host.store.head('waiting')
  const waiting = { sessionId: 'waiting', runId: head.run?.id ?? '' }
  const [, queued] = head.queue.map(({ runId }) => runId)
  const behind = { sessionId: 'waiting', runId: queued ?? '' }
  await rpc.runs.updateQueued({ ...behind, text: 'Behind, edited' })
  await rpc.runs.interrupt(behind)
  await rpc.runs.respond({ ...waiting, toolCallId: 'b', error: 'nowhere' })
  const approved = { ...waiting, toolCallId: 'a', approved: false, reason: 'no' }
  await does(rpc.runs.respond(approved), 'waiting')
  await fails(rpc.runs.respond(approved))

  // Files, forks, and what is gone.
  await ask('/rpc/attachments/files?filename=a%20b.txt', {
    method: 'POST',
    headers: { 'content-type': file },
    body: 'Other notes.\n',
  })
  const { messages } = await host.store.window('files')
  const [url] = messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'file' ? part.url : [])),
  )
  await ask(url ?? '')
  await ask(url ?? '', { headers: { range: 'bytes=4-8' } })
  await rpc.sessions.fork({ sessionId: 'versions', from: 'ask', title: 'Fork' })
  await rpc.events.delete({ sessionId: 'versions', upTo: 5 })
  await rpc.sessions.delete({ sessionId: 'new' })

  // What no client of this version sends.
  await ask('/rpc/health')
  await ask('/rpc/sessions/get')
  const post = (body: string, headers: Record<string, string> = {}) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  await ask('/rpc/sessions/get', post('{"json":{"sessionId":"empty","more":1}}'))
  await ask('/rpc/sessions/get', post('{"json":{"sessionId":"empty"}}', { authorization: '' }))
  await ask(
    '/rpc/sessions/get',
    post('{"json":{"sessionId":"empty"}}', { 'caughtup-protocol': '99' }),
  )
  await ask('/api/sessions/get', post('{"sessionId":"empty"}'))
  await ask('/api/history/loadMore', post('{"sessionId":"parts","limit":1}'))
}

/** Reads a stream until it is live, and leaves it. */
async function live(opening: Promise<AsyncIterable<{ type: string }>>): Promise<void> {
  for await (const { type } of await opening) if (type === 'caught-up') return
}
