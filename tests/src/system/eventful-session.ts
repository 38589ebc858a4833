import type { AgentPart } from '@caughtup/schema'
import type { ChatClient } from '@caughtup/web-client'

import type { SteppedAgent, SteppedRun } from './stepped-agent.ts'

const call = (toolCallId: string): AgentPart => ({
  type: 'tool-call',
  toolCallId,
  toolName: 'remove',
  input: { path: toolCallId },
})
const text = (words: string): AgentPart => ({ type: 'text-delta', text: words })
const finish: AgentPart = {
  type: 'finish',
  usage: { inputTokens: 90, outputTokens: 10, outputTokenDetails: { reasoningTokens: 4 } },
}

/** What an eventful session is made with. */
export interface Eventful {
  sessionId: string
  rpc: ChatClient['rpc']
  agent: SteppedAgent
  /** Called after each step, when what the agent yielded and what was called is done. */
  rest: (step: string) => Promise<void>
}

/** Lives through everything that can happen in a session, step by step. */
export async function liveThrough({ sessionId, rpc, agent, rest }: Eventful): Promise<void> {
  const says = async (run: SteppedRun, ...parts: AgentPart[]) => {
    for (const part of parts) {
      await run.yields(part)
      await rest(part.type)
    }
  }
  const ends = async (run: SteppedRun, ...parts: AgentPart[]) => {
    await run.yields(...parts, finish)
    run.finish()
    await rest('the end of an answer')
  }
  const did = async (step: string, ...calls: Promise<unknown>[]) => {
    await Promise.all(calls)
    await rest(step)
  }
  const send = (messageId: string, options: { whenBusy?: 'interrupt' | 'steer' } = {}) =>
    rpc.messages.send({ sessionId, messageId, text: `${messageId}?`, ...options })
  const answerTo = async (prompt: string) => {
    const { messages } = await rpc.history.loadMore({ sessionId })
    const { order } = messages.find(({ id }) => id === prompt)!
    return messages.find((message) => message.order > order)!.id
  }

  await did('a prompt', send('first'))
  const first = await agent.run()
  await rest('an empty run')
  await says(
    first,
    { type: 'reasoning-start', id: 'r' },
    { type: 'reasoning-delta', id: 'r', text: 'Let me ' },
    { type: 'reasoning-delta', id: 'r', text: 'see' },
    { type: 'reasoning-end', id: 'r' },
    text('Hel'),
    text('lo 👋'),
    { type: 'tool-input-start', id: 'look', toolName: 'look' },
    { type: 'tool-input-delta', id: 'look', delta: '{"path"' },
    { type: 'tool-input-delta', id: 'look', delta: ':"a"}' },
    { type: 'tool-call', toolCallId: 'look', toolName: 'look', input: { path: 'a' } },
    { type: 'tool-result', toolCallId: 'look', toolName: 'look', output: { lines: 3 } },
    { type: 'source', sourceType: 'url', id: 's', url: 'https://example.org', title: 'A page' },
    text('Three lines.'),
  )
  await ends(first)

  await did('a prompt', send('second'))
  const asking = await agent.run()
  await says(asking, text('May I? '), call('a'), {
    type: 'tool-approval-request',
    approvalId: 'approve-a',
    toolCall: { toolCallId: 'a', toolName: 'remove', input: { path: 'a' } },
  })
  await says(asking, call('b'))
  await ends(asking)
  const { runId } = asking.context
  await did('a prompt behind a waiting run', send('behind'))
  await did(
    'an answer of a client',
    rpc.runs.respond({ sessionId, runId, toolCallId: 'b', output: 1 }),
  )
  await did('an approval', rpc.runs.respond({ sessionId, runId, toolCallId: 'a', approved: true }))
  const resumed = await agent.run()
  await says(resumed, {
    type: 'tool-result',
    toolCallId: 'a',
    toolName: 'remove',
    output: 'gone',
  })
  await says(resumed, text('Done'))
  await did('a prompt that steers', send('steering', { whenBusy: 'steer' }))
  await did('steering', resumed.context.steer())
  await says(resumed, text('And now '))
  await did('a queued prompt', send('queued'))
  const { runId: dropped } = await send('dropped')
  await rest('another queued prompt')
  await did(
    'a changed queued prompt',
    rpc.runs.updateQueued({ sessionId, runId: dropped, text: 'Drop this?' }),
  )
  await did('a prompt taken back', rpc.runs.interrupt({ sessionId, runId: dropped }))
  await ends(resumed)
  await ends(await agent.run(), text('Behind.'))
  await says(await agent.run(), text('Never mi'))
  await did('an interruption', rpc.runs.interrupt({ sessionId }))

  await did('another prompt', send('third'))
  await ends(await agent.run(), text('One'))
  const one = await answerTo('third')
  await did('a retry', rpc.messages.retry({ sessionId, answerId: 'two' }))
  await says(await agent.run(), text('Tw'))
  await did('a retry in mid-answer', rpc.messages.retry({ sessionId, answerId: 'three' }))
  await ends(await agent.run(), text('Three'))
  await did('a choice', rpc.messages.choose({ sessionId, messageId: one }))
  await did('a choice', rpc.messages.choose({ sessionId, messageId: 'three' }))
  await did(
    'a resend',
    rpc.messages.resend({ sessionId, messageId: 'third', newMessageId: 'third-2', text: 'Else?' }),
  )
  await ends(await agent.run(), text('Else.'))
  await did('a choice of a prompt', rpc.messages.choose({ sessionId, messageId: 'third' }))

  await did('a failing run', send('failing'))
  const failing = await agent.run()
  failing.fail(new Error('no model'))
  await rest('a run that failed before its first token')
  await did('an undo', rpc.history.undo({ sessionId }))
  await did('another undo', rpc.history.undo({ sessionId }))
  await did('a redo', rpc.history.redo({ sessionId }))
  await did('an edit', rpc.messages.edit({ sessionId, messageId: 'third', text: 'Edited?' }))
  await did('a deletion', rpc.messages.delete({ sessionId, messageId: 'behind' }))
  await did('an erasure', rpc.history.erase({ sessionId, messageIds: [one, 'first'] }))
  await did('a title', rpc.sessions.update({ sessionId, title: 'Eventful' }))

  await did('a compaction', rpc.history.compact({ sessionId }))
  await rest('a boundary')
  await did('a prompt of the next epoch', send('fourth'))
  const next = await agent.run()
  await says(next, text('On'))
  await did('a prompt that interrupts', send('urgent', { whenBusy: 'interrupt' }))
  await ends(await agent.run(), text('At once.'))
  await did('a truncation', rpc.history.truncate({ sessionId, after: 'fourth' }))
  await did('a failing run', send('failing-2'))
  ;(await agent.run()).fail(new Error('no model'))
  await rest('a failure')
  await did('a reset', rpc.history.reset({ sessionId }))
  await rest('an empty epoch')
  await did('a last prompt', send('last'))
  await says(await agent.run(), text('Still '), text('here'))
}
