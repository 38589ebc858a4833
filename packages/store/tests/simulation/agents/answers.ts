import type { EventDraft, Message, Run, ToolPart } from '@caughtup/schema'
import { type AwaitedCall, isAwaited } from '@caughtup/schema/fold'

import type { Incarnation } from '../world/host.ts'
import type { World } from '../world/world.ts'
import { readHead } from './read-head.ts'
import { goOn } from './turn.ts'

/** How often an answer is tried again after another one came first. */
const attempts = 4

/** Answers one call of a waiting run after the other, unless another process is quicker. */
export async function answerCalls(world: World, at: Incarnation, sessionId: string, runId: string) {
  for (let tries = 0; tries < attempts; tries++) {
    const { head, open = [] } = (await readHead(world, at, sessionId)) ?? {}
    const message = openAnswer(open, runId)
    if (head?.run?.id !== runId || head.run.status !== 'waiting' || !message) return
    const waiting = message.parts.filter(isAwaited)
    if (waiting.length === 0) throw new Error(`${runId} waits for nothing.`)
    const call = world.random.pick(waiting)
    // Two devices may answer the same call at the same moment.
    await world.rest(at.life, 0, world.random.pick([0, 30]))
    const answered = await answer(world, at, { sessionId, run: head.run, message }, call)
    world.trace(runId, `${call.toolCallId} ${answered ? 'is' : 'was'} answered`)
    world.count(answered ? 'call answered' : 'answer refused')
    if (answered && waiting.length === 1) return
  }
}

interface Place {
  readonly sessionId: string
  readonly run: Run
  readonly message: Message
}

/** Returns whether it was the first answer of this call, and no other came since `message` was read. */
async function answer(
  world: World,
  at: Incarnation,
  { sessionId, run, message }: Place,
  call: AwaitedCall,
): Promise<boolean> {
  const { ledger } = world
  const text = world.name('reply')
  const value = answerTo(call, text, world.random.chance(0.7))
  const part = message.parts.indexOf(call)
  const { id: runId, attempt = 1 } = run
  const put: EventDraft = {
    type: 'message-delta',
    messageId: message.id,
    ops: [{ op: 'put', part, value }],
  }
  const { id, revision } = message
  const guard = { is: 'awaiting-tool', runId, message: { id, revision } } as const
  const parts = message.parts.with(part, value)
  const note = () => {
    const key = `${message.id} ${call.toolCallId}`
    const before = ledger.answers.get(key)
    if (before !== undefined) throw new Error(`${key} was answered twice: ${before}, ${text}.`)
    ledger.answers.set(key, text)
  }
  if (parts.some(isAwaited)) {
    const result = await at.store.append({ sessionId, drafts: [put], guard })
    if (!ledger.committed(at.life.name, sessionId, result)) return false
    note()
    return true
  }
  const drafts = [put, { type: 'run-changed', runId, status: 'streaming' } as const]
  const execution = { sessionId, runId, attempt }
  const answered = Promise.withResolvers<boolean>()
  const going = { drafts, guard, answer: { ...message, parts }, waits: false }
  const went = goOn(world, at, execution, going, (isTaken) => {
    if (isTaken) {
      note()
      world.count('went on after the last answer')
    }
    answered.resolve(isTaken)
  })
  world.spawn(at.life, went)
  return answered.promise
}

/** The open answer of a run, in which it can go on. */
export function openAnswer(open: readonly Message[], runId: string): Message | undefined {
  return open.find(({ role, metadata }) => role === 'assistant' && metadata.runId === runId)
}

function answerTo(call: AwaitedCall, text: string, positive: boolean): ToolPart {
  if (call.state === 'approval-requested') {
    const approval = { ...call.approval, approved: positive, reason: text }
    return { ...call, state: 'approval-responded', approval }
  }
  return positive
    ? { ...call, state: 'output-available', output: text }
    : { ...call, state: 'output-error', errorText: text }
}

/** What was answered to a call, by its part: `undefined` where nobody has answered. */
export function replyIn(part: ToolPart): string | undefined {
  const { approval, output, errorText }: Record<string, unknown> = { ...part }
  const { reason }: { reason?: unknown } = Object(approval)
  return [reason, output, errorText].find(
    (text): text is string => typeof text === 'string' && text.startsWith('reply-'),
  )
}
