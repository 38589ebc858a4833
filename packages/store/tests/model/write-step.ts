import assert from 'node:assert/strict'

import type { EventDraft, MessageDraft, Part } from '@caughtup/schema'

import type { MessageWriter } from '../../src/compose/message-writer.ts'
import type { Guard } from '../../src/port/commit.ts'
import type { Machine, ModelSession, OpenMessage, Writing } from './machine.ts'
import type { Expected, OracleSession } from './oracle/oracle-session.ts'
import type { WriteAction } from './program.ts'

export async function writeStep(
  machine: Machine,
  session: ModelSession,
  action: WriteAction,
): Promise<void> {
  const { writing, oracle } = session
  switch (action.do) {
    case 'start':
      return startRun(machine, session, action)
    case 'next': {
      const runId = session.oracle.queue[0]?.runId ?? 'nobody'
      return startRun(machine, session, { driver: 'writer', queued: runId })
    }
    case 'queue':
    case 'steer':
      return queueRun(machine, session, action.do === 'steer')
    case 'usage':
      return addUsage(machine, session)
    case 'text':
    case 'reasoning':
    case 'thought':
    case 'tool':
      if (writing?.writer) await stream(machine, session, writing, writing.writer, action)
      return
    case 'label':
      if (writing) await label(machine, session, writing)
      return
    case 'update':
      if (writing?.driver === 'update') await update(machine, session, writing, action)
      return
    case 'draft':
      return draft(machine, session, action)
    case 'finish':
      // A run that waits has nobody who could finish it.
      if (writing && oracle.runs.active?.status === 'streaming') {
        await finish(machine, session, writing, action.reason)
      }
  }
}

async function startRun(
  machine: Machine,
  session: ModelSession,
  { driver, queued }: { driver: Writing['driver']; queued?: string },
): Promise<void> {
  const { oracle } = session
  const runId = queued ?? machine.name('run')
  const guard: Guard = queued === undefined ? { is: 'idle' } : { is: 'next-in-queue', runId }
  const idle = oracle.runId === undefined && oracle.queue.length === 0
  const next = oracle.runId === undefined && oracle.queue[0]?.runId === runId
  const expected: Expected = (guard.is === 'idle' ? idle : next) ? 'done' : 'guard-failed'
  const metadata = { createdAt: machine.clock.now(), runId }
  const word = machine.name('word')
  const messageId = `answer-${runId}`
  const prompt = {
    id: `prompt-${runId}`,
    role: 'user' as const,
    parts: [{ type: 'text' as const, text: `${word} of ${runId}` }],
    metadata,
    status: 'done' as const,
  }
  const answer = {
    id: messageId,
    role: 'assistant' as const,
    parts: [],
    metadata,
    status: 'open' as const,
  }
  const { createdAt: startedAt } = metadata
  const drafts: EventDraft[] = [
    ...(guard.is === 'next-in-queue' ? [{ type: 'queue-changed', remove: runId } as const] : []),
    {
      type: 'run-started',
      runId,
      run: { id: runId, kind: 'agent', status: 'streaming', startedAt },
    },
    { type: 'message-created', runId, message: prompt },
    { type: 'message-created', runId, message: answer },
  ]
  await append(machine, session, { drafts, guard }, expected)
  if (expected !== 'done') return
  oracle.runs.start(runId)
  oracle.create(prompt)
  oracle.create(answer)
  // Also what it had while it waited.
  session.words.set(prompt.id, [word, ...(session.words.get(prompt.id) ?? [])])
  session.words.set(messageId, [])
  session.writing = {
    runId,
    messageId,
    driver,
    writer: undefined,
    states: [{ parts: [], metadata }],
  }
  machine.attach(session)
}

async function queueRun(machine: Machine, session: ModelSession, steers: boolean): Promise<void> {
  const { oracle } = session
  const runId = machine.name('run')
  const messageId = `prompt-${runId}`
  const label = machine.name('word')
  const add = {
    kind: 'agent' as const,
    runId,
    messageId,
    custom: { label },
    parts: [{ type: 'text' as const, text: runId }],
    queuedAt: machine.clock.now(),
    ...(steers && { steer: true as const }),
  }
  const guard = { is: 'enqueue', queueBelow: 3 } as const
  const busy = oracle.runId !== undefined || oracle.queue.length > 0
  const full = oracle.queue.length >= guard.queueBelow ? 'queue-full' : 'done'
  const expected: Expected = busy ? full : 'guard-failed'
  await append(machine, session, { drafts: [{ type: 'queue-changed', add }], guard }, expected)
  if (expected !== 'done') return
  oracle.runs.enqueue(add)
  session.words.set(messageId, [label])
}

/** The usage of one of three children, which each count once. */
async function addUsage(machine: Machine, session: ModelSession): Promise<void> {
  const { oracle } = session
  const child = `child-${oracle.children.size}`
  const draft = {
    type: 'usage',
    add: { inputTokens: 2 },
    models: { small: { inputTokens: 2 } },
    child,
  } as const
  await append(machine, session, { drafts: [draft] }, 'done')
  oracle.countUsage({ inputTokens: 2 }, 'small')
  oracle.children.add(child)
  await append(machine, session, { drafts: [draft] }, 'counted-already')
}

async function stream(
  machine: Machine,
  session: ModelSession,
  writing: Writing,
  writer: MessageWriter,
  action: Extract<WriteAction, { do: 'text' | 'reasoning' | 'thought' | 'tool' }>,
): Promise<void> {
  const { oracle } = session
  switch (action.do) {
    case 'text':
    case 'reasoning': {
      const { do: type } = action
      const text = ` ${newWord(machine, session, writing)} ${action.text}`
      const [last] = oracle.contentOf(writing.messageId).parts.slice(-1)
      await machine.until(writer.write({ type: `${type}-delta`, text }))
      if (isBlock(last) && last.type === type) {
        const grown = { ...last, text: last.text + text }
        return change(oracle, writing, (parts) => [...parts.slice(0, -1), grown])
      }
      // What ends the last block may be committed before the new one.
      change(oracle, writing, withBlockEnded)
      change(oracle, writing, (parts) => [...parts, { type, text, state: 'streaming' }])
      // The end of reasoning is committed at once.
      if (isBlock(last) && last.type === 'reasoning') machine.flushed(session)
      return
    }
    case 'thought': {
      await machine.until(writer.write({ type: 'reasoning-end', id: undefined }))
      const [last] = oracle.contentOf(writing.messageId).parts.slice(-1)
      if (!isBlock(last) || last.type !== 'reasoning') return
      change(oracle, writing, withBlockEnded)
      return machine.flushed(session)
    }
    case 'tool': {
      const tool = { toolCallId: machine.name('call'), toolName: 'look' }
      const { toolCallId: id, toolName } = tool
      const input = { a: 1 }
      await machine.until(writer.write({ type: 'tool-input-start', id, toolName }))
      await machine.until(writer.write({ type: 'tool-input-delta', id, delta: '{"a' }))
      await machine.until(writer.write({ type: 'tool-call', ...tool, input }))
      await machine.until(writer.write({ type: 'tool-result', ...tool, input, output: [2] }))
      change(oracle, writing, (parts) => [
        ...withBlockEnded(parts),
        { type: 'dynamic-tool', ...tool, state: 'output-available', input, output: [2] },
      ])
      machine.flushed(session)
    }
  }
}

/** Whether a part is text or reasoning that goes on. A writer goes on in none but the last part. */
function isBlock(part: Part | undefined): part is Extract<Part, { text: string }> {
  return (part?.type === 'text' || part?.type === 'reasoning') && part.state === 'streaming'
}

/** As where another part begins, or the run waits. */
export function withBlockEnded(parts: readonly Part[]): Part[] {
  return parts.map((part) => (isBlock(part) ? { ...part, state: 'done' as const } : part))
}

/** Adds metadata of the host to an answer, with a word of its own that an erasure has to remove. */
async function label(machine: Machine, session: ModelSession, writing: Writing): Promise<void> {
  const { oracle, id } = session
  const { messageId, writer } = writing
  const { parts, metadata } = oracle.contentOf(messageId)
  const { length } = Object.keys(metadata.custom ?? {})
  const added = { newest: newWord(machine, session, writing), [`label-${length % 3}`]: length }
  const custom = { ...metadata.custom, ...added }
  oracle.setContent(messageId, { parts, metadata: { ...metadata, custom } })
  writing.states.push(oracle.contentOf(messageId))
  await machine.until(
    writer
      ? writer.write({ type: 'message-metadata', messageMetadata: added })
      : machine.store.update(id, stateOf(oracle, writing)),
  )
}

/** The next whole state of an answer. */
async function update(
  machine: Machine,
  session: ModelSession,
  writing: Writing,
  action: Extract<WriteAction, { do: 'update' }>,
): Promise<void> {
  const word = ` ${newWord(machine, session, writing)} ${action.text}`
  change(session.oracle, writing, (parts) => changed(parts, action.change, word))
  await machine.until(machine.store.update(session.id, stateOf(session.oracle, writing)))
}

/** A message without a run: begins, continues or finishes it. */
async function draft(
  machine: Machine,
  session: ModelSession,
  { change: how, text }: Extract<WriteAction, { do: 'draft' }>,
): Promise<void> {
  const { oracle, id } = session
  const now = machine.clock.now()
  if (!session.draft) {
    const messageId = machine.name('draft')
    session.draft = { messageId, states: [] }
    session.words.set(messageId, [])
    const parts: Part[] = [{ type: 'text', text, state: 'streaming' }]
    const metadata = { createdAt: now }
    oracle.create({ id: messageId, role: 'assistant', parts, metadata, status: 'open' })
  } else if (how === 'done') {
    oracle.finish(session.draft.messageId, { finishedAt: now, finishReason: 'stop' })
  } else {
    const word = ` ${newWord(machine, session, session.draft)} ${text}`
    change(oracle, session.draft, (parts) => changed(parts, how, word))
  }
  const state = stateOf(oracle, session.draft)
  await machine.until(machine.store.update(id, state))
  if (session.draft.states.length === 0) machine.flushed(session)
  if (state.status === 'done') session.draft = undefined
}

/** The next state of a message's parts. */
function changed(parts: Part[], how: 'append' | 'rewrite' | 'add', text: string): Part[] {
  const last = parts.at(-1)
  if (how === 'rewrite' && parts.length > 0) {
    return [{ type: 'text', text, state: 'done' }, ...parts.slice(2)]
  }
  if (how === 'append' && last?.type === 'text' && last.state === 'streaming') {
    return [...parts.slice(0, -1), { ...last, text: last.text + text }]
  }
  return [...parts, { type: how === 'add' ? 'reasoning' : 'text', text, state: 'streaming' }]
}

function stateOf(oracle: OracleSession, { messageId }: OpenMessage): MessageDraft {
  const message = oracle.find(messageId)
  assert(message, `${messageId} is open.`)
  const { order: _, epoch: __, ...state } = message
  return state
}

/** Adds a new word to the message. */
function newWord(machine: Machine, { words }: ModelSession, { messageId }: OpenMessage): string {
  const word = machine.name('word')
  words.get(messageId)?.push(word)
  return word
}

async function finish(
  machine: Machine,
  session: ModelSession,
  writing: Writing,
  reason: 'stop' | 'interrupted',
): Promise<void> {
  const { oracle, id } = session
  const { writer, messageId, runId } = writing
  const finishedAt = machine.clock.now()
  const usage = { outputTokens: 1 }
  const contextUsage = { tokens: oracle.lastOrder }
  const ended = { type: 'run-ended', runId, reason } as const
  oracle.finish(messageId, { finishedAt, finishReason: reason, usage, contextUsage })
  if (writer) {
    await machine.until(writer.finish({ reason, usage, contextUsage }, [ended]))
  } else {
    await machine.until(machine.store.update(id, stateOf(oracle, writing)))
    await append(machine, session, { drafts: [ended], guard: { is: 'run', runId } }, 'done')
  }
  oracle.countUsage(usage)
  oracle.runs.active = undefined
  session.writing = undefined
}

export function change(
  oracle: OracleSession,
  { messageId, states }: OpenMessage,
  make: (parts: Part[]) => Part[],
): void {
  oracle.setParts(messageId, make)
  states.push(oracle.contentOf(messageId))
}

export async function append(
  machine: Machine,
  { id: sessionId }: ModelSession,
  slice: { drafts: readonly EventDraft[]; guard?: Guard },
  expected: Expected,
): Promise<void> {
  const { refused = 'done' } = await machine.until(machine.store.append({ sessionId, ...slice }))
  assert.equal(
    refused,
    expected,
    `${slice.drafts.map(({ type }) => type).join(', ')} in ${sessionId}`,
  )
}
