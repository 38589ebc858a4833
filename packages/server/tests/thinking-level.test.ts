import { expect, test } from 'vitest'

import { openTestServer } from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

test('the thinking level of a prompt reaches its agent, its run, its answer and lists, also after queueing', async () => {
  const scripted = new ScriptedAgent()
  const { store, client } = await openTestServer({ agent: scripted.agent })
  const me = client()
  const { id: sessionId } = await me.sessions.create()
  await me.messages.send({ sessionId, text: 'First', thinkingLevel: 'low' })
  await me.messages.send({
    sessionId,
    parts: [{ type: 'text', text: 'Second' }],
    thinkingLevel: 'high',
  })
  await me.messages.send({ sessionId, text: 'Third' })
  const first = await scripted.run()
  expect(first.context.thinkingLevel).toBe('low')
  const { head } = await store.head(sessionId)
  expect(head.run).toMatchObject({ thinkingLevel: 'low' })
  expect(head.queue).toMatchObject([{ thinkingLevel: 'high' }, {}])
  first.finish()
  const second = await scripted.run()
  expect(second.context.thinkingLevel).toBe('high')
  const { rows } = await me.activity.list()
  expect(rows).toMatchObject([{ lastThinkingLevel: 'high' }])
  const { messages } = await me.history.loadMore({ sessionId })
  expect(messages.map(({ metadata }) => metadata.thinkingLevel)).toEqual([
    undefined,
    'low',
    undefined,
    'high',
  ])
  second.finish()
  const third = await scripted.run()
  expect(third.context).not.toHaveProperty('thinkingLevel')
})

test('the length of a thinking level is limited like that of a model', async () => {
  const { client } = await openTestServer()
  const { id: sessionId } = await client().sessions.create()
  const thinkingLevel = 'x'.repeat(201)
  await expect(
    client().messages.send({ sessionId, text: 'Hi', thinkingLevel }),
  ).rejects.toMatchObject({ code: 'BAD_INPUT', data: { field: 'thinkingLevel' } })
})
