import assert from 'node:assert/strict'

import { CaughtupError, type EventDraft, type Part, type ToolPart } from '@caughtup/schema'
import { isAwaited } from '@caughtup/schema/fold'

import type { MessageWriter } from '../../src/compose/message-writer.ts'
import type { Guard } from '../../src/port/commit.ts'
import type { Machine, ModelSession, Writing } from './machine.ts'
import type { Expected } from './oracle/oracle-session.ts'
import type { RunAction } from './program.ts'
import { append, change, withBlockEnded } from './write-step.ts'

/** A step of a run besides the writing of its answer. */
export async function runStep(
  machine: Machine,
  session: ModelSession,
  action: RunAction,
): Promise<void> {
  const { writing } = session
  switch (action.do) {
    case 'wait':
      if (writing?.writer) await wait(machine, session, writing, action.calls)
      return
    case 'answer':
      return answer(machine, session, action)
    case 'continue':
      if (writing?.writer) await continueLost(machine, session, writing)
      return
    case 'take':
      if (writing?.writer) await take(machine, session, writing, action.isOutdated)
      return
    case 'interrupt':
      if (writing) await interrupt(machine, session, writing)
      return
    case 'requeue':
      return requeue(machine, session)
  }
}

/** Makes calls that wait for an approval or for a client, and leaves the run waiting. */
async function wait(
  machine: Machine,
  session: ModelSession,
  writing: Writing,
  calls: readonly ('approval' | 'client')[],
): Promise<void> {
  const { oracle } = session
  const { writer } = writing
  assert(writer && oracle.runs.active)
  for (const kind of calls) {
    const toolCallId = machine.name('call')
    const call = { toolCallId, toolName: 'ask', input: {} }
    const part = { type: 'dynamic-tool', ...call } as const
    await machine.until(writer.write({ type: 'tool-call', ...call }))
    if (kind === 'approval') {
      const approvalId = `ok-${toolCallId}`
      await machine.until(
        writer.write({ type: 'tool-approval-request', approvalId, toolCall: call }),
      )
    }
    const asked: ToolPart =
      kind === 'client'
        ? { ...part, state: 'input-available' }
        : { ...part, state: 'approval-requested', approval: { id: `ok-${toolCallId}` } }
    change(oracle, writing, (parts) => [...withBlockEnded(parts), asked])
  }
  await machine.until(writer.suspend({}))
  oracle.runs.active.status = 'waiting'
  oracle.seen.waited++
  writing.writer = undefined
  machine.flushed(session)
}

/** Answers one of the calls, or tries to do so as of an older state, or where nothing waits. */
async function answer(
  machine: Machine,
  session: ModelSession,
  { pick, isOutdated }: Extract<RunAction, { do: 'answer' }>,
): Promise<void> {
  const { oracle, id: sessionId, writing } = session
  const runId = writing?.runId ?? 'nobody'
  const goesOn = { type: 'run-changed', runId, status: 'streaming' } as const
  if (!writing || oracle.runs.active?.status !== 'waiting') {
    const guard = { is: 'awaiting-tool', runId } as const
    return append(machine, session, { drafts: [goesOn], guard }, 'guard-failed')
  }
  const { messageId } = writing
  const { open } = await machine.until(machine.store.head(sessionId))
  const { parts = [], revision = 0 } = open.find(({ id }) => id === messageId) ?? {}
  const awaited = parts.filter(isAwaited)
  const call = awaited[pick % awaited.length]
  assert(call, `${runId} waits for something.`)
  const part = parts.indexOf(call)
  const value: ToolPart =
    call.state === 'approval-requested'
      ? { ...call, state: 'approval-responded', approval: { ...call.approval, approved: pick > 5 } }
      : { ...call, state: 'output-available', output: pick }
  const isLast = awaited.length === 1
  const drafts: EventDraft[] = [
    { type: 'message-delta', messageId, ops: [{ op: 'put', part, value }] },
    ...(isLast ? [goesOn] : []),
  ]
  const message = { id: messageId, revision: isOutdated ? revision - 1 : revision }
  const guard: Guard = { is: 'awaiting-tool', runId, message }
  const expected: Expected = isOutdated ? 'guard-failed' : 'done'
  await append(machine, session, { drafts, guard }, expected)
  if (expected !== 'done') return void oracle.seen.answeredLate++
  oracle.seen.answered++
  change(oracle, writing, (before) => before.with(part, value))
  machine.flushed(session)
  if (!isLast) return
  oracle.runs.active.status = 'streaming'
  machine.attach(session)
}

/** Another process takes the run to be lost, and goes on; the first one wakes and writes nothing. */
async function continueLost(
  machine: Machine,
  session: ModelSession,
  writing: Writing,
): Promise<void> {
  const { oracle, id } = session
  const { runId, writer } = writing
  const { active } = oracle.runs
  assert(active && writer)
  const { head } = await machine.until(machine.store.head(id))
  machine.flushed(session)
  const { attempt } = active
  const next = { type: 'run-changed', runId, status: 'streaming', attempt: attempt + 1 } as const
  const guard = { is: 'run', runId, attempt, seq: head.seq } as const
  await append(machine, session, { drafts: [next], guard }, 'done')
  await append(machine, session, { drafts: [next], guard }, 'guard-failed')
  const { seq: _, ...rest } = guard
  await append(machine, session, { drafts: [next], guard: rest }, 'guard-failed')
  active.attempt++
  oracle.seen.continued++
  await assertSuperseded(machine, writer)
  machine.attach(session)
}

/** Answers the prompts that are offered in another message, unless one of them is not as it was read. */
async function take(
  machine: Machine,
  session: ModelSession,
  writing: Writing,
  isOutdated: boolean,
): Promise<void> {
  const { oracle } = session
  const { runId, writer, messageId } = writing
  const { offered } = oracle.runs
  const [first] = offered
  const attempt = oracle.runs.active?.attempt ?? 1
  if (!writer || !first) return
  await machine.until(machine.store.flush(messageId))
  machine.flushed(session)
  const createdAt = machine.clock.now()
  const metadata = { createdAt, runId }
  const usage = { outputTokens: 1 }
  const prompts = offered.map(({ messageId: id, parts: said }) => {
    return { id, role: 'user', parts: said, metadata, status: 'done' } as const
  })
  const answerId = machine.name('answer')
  const parts: Part[] = []
  const next = { id: answerId, role: 'assistant', parts, metadata, status: 'open' } as const
  const drafts: EventDraft[] = [
    ...writer.finishDrafts({ reason: 'stop', usage }),
    ...prompts.flatMap((message, index): EventDraft[] => [
      { type: 'queue-changed', remove: offered[index]?.runId ?? '' },
      { type: 'message-created', runId, message },
    ]),
    { type: 'message-created', runId, message: next },
  ]
  const edited = { ...first, queuedAt: first.queuedAt + 1 }
  const queued = isOutdated ? [edited, ...offered.slice(1)] : offered
  const guard: Guard = { is: 'run', runId, attempt, queued }
  const expected: Expected = isOutdated ? 'guard-failed' : 'done'
  await append(machine, session, { drafts, guard }, expected)
  if (expected !== 'done') return void oracle.seen.takenLate++
  oracle.seen.taken += offered.length
  oracle.finish(messageId, { finishedAt: createdAt, finishReason: 'stop', usage })
  oracle.countUsage(usage)
  for (const { runId: taken } of offered) oracle.runs.leave(taken)
  for (const message of [...prompts, next]) {
    oracle.create({ ...message, parts: [...message.parts] })
    session.words.set(message.id, session.words.get(message.id) ?? [])
  }
  session.writing = { ...writing, messageId: answerId, states: [] }
  machine.flushed(session)
  machine.attach(session)
}

/** Ends a run that another process executes, or that waits. */
async function interrupt(machine: Machine, session: ModelSession, writing: Writing): Promise<void> {
  const { oracle } = session
  const { runId, messageId } = writing
  const reason = 'interrupted'
  const drafts: EventDraft[] = [
    { type: 'message-finished', runId, messageId, reason },
    { type: 'run-ended', runId, reason },
  ]
  // What the answer has buffered is committed before.
  const finishedAt = machine.clock.now()
  await append(machine, session, { drafts, guard: { is: 'run', runId } }, 'done')
  oracle.finish(messageId, { finishedAt, finishReason: reason })
  oracle.runs.active = undefined
  oracle.seen.interrupted++
  session.writing = undefined
  if (writing.writer) await assertSuperseded(machine, writing.writer)
}

/** Replaces the content of the first prompt that waits. */
async function requeue(machine: Machine, session: ModelSession): Promise<void> {
  const { runs } = session.oracle
  const [first] = runs.queue
  const runId = first?.runId ?? 'nobody'
  const parts: Part[] = [{ type: 'text', text: machine.name('better') }]
  const replace =
    first?.kind === 'agent'
      ? { ...first, parts: parts.flatMap((part) => (part.type === 'text' ? part : [])) }
      : { kind: 'reset' as const, trigger: 'user' as const, runId, queuedAt: 1 }
  const drafts = [{ type: 'queue-changed', replace } as const]
  const guard = { is: 'queued', runId } as const
  await append(machine, session, { drafts, guard }, first ? 'done' : 'guard-failed')
  runs.queue = runs.queue.map((run) => (run.runId === runId ? replace : run))
}

/** A writer whose run has another attempt by now, or is over, writes nothing. */
async function assertSuperseded(machine: Machine, writer: MessageWriter): Promise<void> {
  const late = async () => {
    await writer.write({ type: 'text-delta', text: 'too late' })
    await machine.store.flush(writer.messageId)
    await writer.finish({ reason: 'stop' })
  }
  await assert.rejects(
    machine.until(late()),
    (error) => error instanceof CaughtupError && error.code === 'CONFLICT',
  )
}
