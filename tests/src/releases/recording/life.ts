import { type AgentPart, CaughtupError } from '@caughtup/schema'
import { captureSession } from '@caughtup/web-client'

import { liveThrough } from '../../system/eventful-session.ts'
import type { SteppedAgent, SteppedRun } from '../../system/stepped-agent.ts'
import type { Host } from '../host/host.ts'
import { over, restOf, until } from '../host/settled.ts'
import type { Device } from '../recorded/releases.ts'
import { answer, transcript } from './parts.ts'

/**
 * Makes sessions with everything that the product can hold, and leaves a run streaming.
 *
 * @returns what devices had of them meanwhile
 */
export async function live(host: Host, agent: SteppedAgent): Promise<Device[]> {
  const { store } = host
  const { rpc } = host.client('ann')
  const devices: Device[] = []
  const leaves = async (sessionId: string) => {
    const client = host.client('ann')
    devices.push({ sessionId, session: await captureSession(client.session(sessionId)) })
    client.close()
  }
  const rests = (sessionId: string) => restOf(host, sessionId)
  const ends = async (sessionId: string, run: SteppedRun, ...parts: AgentPart[]) => {
    await run.yields(...parts)
    run.finish()
    await over(host, sessionId, run.context.runId)
  }
  const create = (sessionId: string, more: Parameters<typeof rpc.sessions.create>[0] = {}) =>
    rpc.sessions.create({ sessionId, ...more })

  await create('empty', { title: 'Nothing yet — 日本 👋', metadata: { project: 'x', tags: ['a'] } })

  // Every kind of part, in one answer.
  await create('parts', { members: ['bob', 'dan'] })
  await rpc.messages.send({
    sessionId: 'parts',
    messageId: 'all',
    text: 'Hello Straße',
    custom: { ref: 7 },
    model: 'large',
    thinkingLevel: 'high',
  })
  await ends('parts', await agent.run(), ...answer)
  await leaves('parts')
  await host.client('bob').rpc.messages.send({
    sessionId: 'parts',
    messageId: 'of-bob',
    text: 'Is there more?',
    model: 'unpriced',
  })
  await ends('parts', await agent.run(), { type: 'text-delta', text: 'No.' }, finish)
  await host.client('dan').rpc.messages.send({
    sessionId: 'parts',
    messageId: 'of-dan',
    text: 'Whose words stay?',
  })
  await ends('parts', await agent.run(), { type: 'text-delta', text: 'Yours.' }, finish)
  await host.client('bob').rpc.activity.markRead({ sessionId: 'parts', upTo: 3 })
  await rpc.sessions.addMember({ sessionId: 'parts', principal: 'eve' })
  await rpc.sessions.removeMember({ sessionId: 'parts', principal: 'eve' })
  await rpc.sessions.fork({ sessionId: 'parts', from: 'of-bob', title: 'A fork' })

  // Answers of several versions, one of them chosen, and a turn that can be shown again.
  await create('versions')
  await rpc.messages.send({ sessionId: 'versions', messageId: 'ask', text: 'Say hello' })
  await ends('versions', await agent.run(), { type: 'text-delta', text: 'Hello.' }, finish)
  await rpc.messages.retry({ sessionId: 'versions', answerId: 'again' })
  await ends('versions', await agent.run(), { type: 'text-delta', text: 'Hello again.' }, finish)
  await rpc.messages.retry({ sessionId: 'versions', answerId: 'once-more' })
  await ends('versions', await agent.run(), { type: 'text-delta', text: 'Hello!' }, finish)
  await leaves('versions')
  await rpc.messages.choose({ sessionId: 'versions', messageId: 'again' })
  await rpc.messages.send({ sessionId: 'versions', messageId: 'undone', text: 'Never mind' })
  await ends('versions', await agent.run(), { type: 'text-delta', text: 'Fine.' }, finish)
  await rpc.history.undo({ sessionId: 'versions' })

  // A run that failed, with words for people.
  await create('failed')
  await rpc.messages.send({ sessionId: 'failed', messageId: 'fails', text: 'Fail' })
  const failing = await agent.run()
  await failing.yields({ type: 'text-delta', text: 'I will t' })
  failing.fail(new CaughtupError('UNAVAILABLE', 'The model is away.'))
  await over(host, 'failed', failing.context.runId)

  // Rows of it are damaged in SQLite.
  await create('damaged')
  for (const text of ['Whole', 'Broken', 'Whole again']) {
    const messageId = text.replaceAll(' ', '-')
    await rpc.messages.send({ sessionId: 'damaged', messageId, text })
    await ends('damaged', await agent.run(), { type: 'text-delta', text }, finish)
  }

  // A file, and what the agent says of it.
  await create('files')
  const uploaded = await host.chat.fetch(
    new Request('http://localhost/rpc/attachments/files?filename=notes.txt', {
      method: 'POST',
      headers: { authorization: 'Bearer ann', 'content-type': 'text/plain' },
      body: 'The notes.\n',
    }),
  )
  const { json: file } = (await uploaded.json()) as {
    json: { url: string; mediaType: string; filename: string }
  }
  await rpc.messages.send({
    sessionId: 'files',
    messageId: 'with-file',
    parts: [
      { type: 'text', text: 'Read this' },
      { type: 'file', url: file.url, mediaType: file.mediaType, filename: file.filename },
    ],
  })
  await ends('files', await agent.run(), { type: 'text-delta', text: 'Read.' }, finish)

  // A transcript of another system, in two steps.
  await store.sessions.create({ sessionId: 'imported', owner: 'ann', createdAt: transcript.began })
  await store.reconcile('imported', transcript.rows.slice(0, 2), {
    recency: 'newest',
    readBy: ['ann'],
  })
  await leaves('imported')
  await store.reconcile('imported', transcript.rows)

  // A child's usage, an entry below the floor, a session that is gone, and one without a name.
  await create('trimmed')
  for (const text of ['First', 'Second', 'Third']) {
    await rpc.messages.send({ sessionId: 'trimmed', messageId: text, text })
    await ends('trimmed', await agent.run(), { type: 'text-delta', text }, finish)
    if (text !== 'Third') await leaves('trimmed')
  }
  await rpc.events.delete({ sessionId: 'trimmed', upTo: 9 })
  await store.rollUpUsage({ from: 'trimmed', into: 'parts' })
  await create('gone', { members: ['bob'] })
  await rpc.sessions.delete({ sessionId: 'gone' })
  await host.client('dan').rpc.sessions.create({ sessionId: 'of-dan', members: ['ann'] })
  await store.forget('dan')

  // All until here is written where it stays; what comes is partly in SQLite's log.
  await packed(host)

  // A run that waits for a person and for a client, with prompts and runs of other kinds behind it.
  await create('waiting', { members: ['bob'] })
  await rpc.messages.send({ sessionId: 'waiting', messageId: 'may-i', text: 'Remove a and b' })
  const asking = await agent.run()
  await asking.yields(
    { type: 'text-delta', text: 'May I? ' },
    { type: 'tool-call', toolCallId: 'a', toolName: 'remove', input: { path: 'a' } },
    {
      type: 'tool-approval-request',
      approvalId: 'approve-a',
      reason: 'it cannot be undone',
      toolCall: { toolCallId: 'a', toolName: 'remove', input: { path: 'a' } },
    },
    { type: 'tool-call', toolCallId: 'b', toolName: 'locate', input: { exact: true } },
  )
  await ends('waiting', asking, finish)
  await leaves('waiting')
  const behind = { sessionId: 'waiting', custom: { ref: 8 }, model: 'large', thinkingLevel: 'low' }
  await rpc.messages.send({ ...behind, messageId: 'behind', text: 'Behind' })
  await host.client('bob').rpc.messages.send({
    sessionId: 'waiting',
    messageId: 'steering',
    text: 'Steer',
    whenBusy: 'steer',
  })
  await rpc.history.compact({ sessionId: 'waiting' })
  await rpc.history.reset({ sessionId: 'waiting' })
  await rpc.messages.send({ sessionId: 'waiting', messageId: 'last-of-all', text: 'Last' })
  await rests('waiting')

  // Everything else that can happen in a session; its last run is the one that is lost.
  await create('eventful', { title: 'Test', members: ['bob'] })
  let steps = 0
  await liveThrough({
    sessionId: 'eventful',
    rpc,
    agent,
    rest: async () => {
      await rests('eventful')
      if (++steps % 12 === 1) await leaves('eventful')
    },
  })
  await rests('eventful')
  return devices
}

const finish: AgentPart = {
  type: 'finish',
  usage: {
    inputTokens: 90,
    outputTokens: 10,
    inputTokenDetails: { cacheReadTokens: 30, cacheWriteTokens: 5 },
    outputTokenDetails: { reasoningTokens: 4 },
  },
}

async function packed({ store }: Host): Promise<void> {
  await until(() => store.stats().unpackedEvents === 0, 'What was written is not packed.')
}
