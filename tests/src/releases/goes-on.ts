import type { AgentPart } from '@caughtup/schema'
import { messageText } from '@caughtup/web-client'
import { expect } from 'vitest'

import type { Opened } from './host/opened.ts'
import { over, until } from './host/settled.ts'
import { transcript } from './recording/parts.ts'

const says = (text: string): AgentPart => ({ type: 'text-delta', text })
const finish: AgentPart = { type: 'finish', usage: { inputTokens: 7, outputTokens: 1 } }

/** Uses a recorded database on, in every way in which what is in it matters later. */
export async function goesOn({ host, clock, agent, hooked }: Opened): Promise<void> {
  const { store } = host
  const { rpc } = host.client('ann')
  const ends = async (sessionId: string, ...parts: AgentPart[]) => {
    const run = await agent.run()
    await run.yields(...parts, finish)
    run.finish()
    await over(host, sessionId, run.context.runId)
    return run.context
  }
  const newest = async (sessionId: string) => {
    const { messages } = await rpc.history.loadMore({ sessionId })
    return messages.map((message) => `${message.role}: ${messageText(message)}`)
  }

  // The run that waits goes on with its answers, and then all that is queued has its turn.
  const { run } = await store.head('waiting').then(({ head }) => head)
  const call = { sessionId: 'waiting', runId: run!.id }
  expect(await rpc.runs.respond({ ...call, toolCallId: 'b', output: 'here' })).toEqual({
    resumed: false,
  })
  expect(await rpc.runs.respond({ ...call, toolCallId: 'a', approved: true })).toEqual({
    resumed: true,
  })
  const { messages: context } = await ends(
    'waiting',
    { type: 'tool-result', toolCallId: 'a', toolName: 'remove', output: 'gone' },
    says('Done.'),
  )
  expect(JSON.stringify(context)).toContain('here')
  await ends('waiting', says('Steered.'))
  await ends('waiting', says('Behind.'))
  // The compaction and the reset need no agent.
  await ends('waiting', says('The end.'))
  expect(await newest('waiting')).toEqual(['user: Last', 'assistant: The end.'])
  expect(
    (await rpc.usage.epochs({ sessionId: 'waiting' })).epochs.map(({ epoch }) => epoch),
  ).toEqual([2, 1, 0])
  const { head } = await store.head('waiting')
  expect(head).toMatchObject({ epoch: 2, queue: [] })
  expect(head.run).toBeUndefined()

  // Prompts are known for ever: the same one is not sent again.
  const before = await store.head('parts')
  const again = { sessionId: 'parts', messageId: 'all', text: 'Hello Straße' }
  expect(await rpc.messages.send(again)).toMatchObject({ messageId: 'all', queued: false })
  await expect(rpc.messages.send({ ...again, text: 'Other' })).rejects.toMatchObject({
    data: { reason: 'message-id-reused' },
  })
  await rpc.messages.send({ sessionId: 'parts', messageId: 'new', text: 'Neu: Strassenbahn' })
  await ends('parts', says('A new answer.'))
  expect((await newest('parts')).slice(-2)).toEqual([
    'user: Neu: Strassenbahn',
    'assistant: A new answer.',
  ])
  expect((await store.head('parts')).messageCount).toBe(before.messageCount + 2)
  const found = await rpc.sessions.search({ text: 'straße' })
  expect(found.hits.map(({ messageId }) => messageId)).toEqual(
    expect.arrayContaining(['new', 'all']),
  )
  expect((await rpc.usage.get({ sessionId: 'parts' })).totals.inputTokens).toBe(547)

  // What is hidden is shown again.
  await rpc.history.redo({ sessionId: 'versions' })
  expect(await newest('versions')).toEqual([
    'user: Say hello',
    'assistant: Hello again.',
    'user: Never mind',
    'assistant: Fine.',
  ])
  await rpc.messages.choose({ sessionId: 'versions', messageId: 'once-more' })
  expect(await newest('versions')).toEqual(['user: Say hello', 'assistant: Hello!'])

  // What was imported and counted is known.
  expect(await store.reconcile('imported', transcript.rows)).toMatchObject({ added: 0, known: 3 })
  expect(await store.rollUpUsage({ from: 'trimmed', into: 'parts' })).toBe(false)

  // Files are where they were.
  const { messages: withFile } = await rpc.history.loadMore({ sessionId: 'files' })
  const file = withFile[0]?.parts.find(({ type }) => type === 'file') as { url: string }
  const got = await host.chat.fetch(
    new Request(`http://localhost${file.url}`, { headers: { authorization: 'Bearer ann' } }),
  )
  expect([got.status, await got.text()]).toEqual([200, 'The notes.\n'])

  // The process of the last run is gone, and it owed a call of a hook.
  const owed = ['run-waiting waiting', 'run-ended waiting', 'run-ended eventful']
  await until(async () => {
    await clock.advance(1_000)
    const called = hooked.map(({ kind, sessionId }) => `${kind} ${sessionId}`)
    const { run: lost } = (await store.head('eventful')).head
    return lost === undefined && owed.every((one) => called.includes(one))
  }, 'The run is not lost, or its hook is not called.')
  const { messages } = await rpc.history.loadMore({ sessionId: 'eventful' })
  expect(messages.at(-1)).toMatchObject({
    status: 'done',
    metadata: { finishReason: 'lost' },
    parts: [
      { type: 'text', text: 'Still here' },
      { type: 'data-notice', data: { kind: 'lost' } },
    ],
  })
  // Erased, and so known for ever.
  await expect(
    rpc.messages.send({ sessionId: 'eventful', messageId: 'first', text: 'first?' }),
  ).rejects.toMatchObject({ data: { reason: 'message-gone' } })
}
