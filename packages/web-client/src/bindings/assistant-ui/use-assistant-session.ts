import type { Message, QueuedRun } from '@caughtup/schema'
import { useMemo } from 'react'

import type { PendingPrompt } from '../../outbox/pending-prompts.ts'
import type { SessionView } from '../../session/session-view.ts'
import { useSession } from '../react/use-session.ts'
import { type AppendedMessage, promptParts } from './prompt-parts.ts'
import { type ShownMessage, shownMessage } from './shown-message.ts'

/** A prompt of the queue as assistant-ui shows it. */
interface QueueItem {
  id: string
  prompt: string
  parts: readonly (
    | { type: 'text'; text: string }
    | { type: 'file'; data: string; mimeType: string; filename?: string; sourceType: 'url' }
  )[]
}

/** What `useExternalStoreRuntime` of assistant-ui takes; it is a type of ours, so that its package is not needed. */
export interface AssistantSession extends Calls {
  messages: readonly (Message | PendingPrompt)[]
  convertMessage: (message: Message | PendingPrompt) => ShownMessage
  /** Not while the run waits for an approval or a result. */
  isRunning: boolean
  activeRunId: string | undefined
  hasEarlier: boolean
  queue: QueueCalls & { items: readonly QueueItem[]; steerItems: readonly QueueItem[] }
}

interface Calls {
  onNew: (message: AppendedMessage) => Promise<void>
  /** Answers the prompt anew in its new form; the old one stays as a version. */
  onEdit: (message: AppendedMessage) => Promise<void>
  /** Answers the prompt again; what was there stays as a version. */
  onReload: (parentId: string | null) => Promise<void>
  onCancel: () => Promise<void>
  onLoadEarlier: () => Promise<void>
  onRespondToToolApproval: (answer: {
    approvalId: string
    approved: boolean
    reason?: string
  }) => Promise<void>
  onAddToolResult: (answer: {
    toolCallId: string
    result: unknown
    isError: boolean
  }) => Promise<void>
}

interface QueueCalls {
  enqueue: (message: AppendedMessage) => void
  /** Offers the prompt to the agent that is writing; if it does not take it, the prompt comes next. */
  steer: (message: AppendedMessage) => void
  edit: (runId: string, message: AppendedMessage) => void
  remove: (runId: string) => void
  /** @throws Error always: the server's queue keeps its order */
  move: () => never
}

/**
 * A session as the store of assistant-ui: `useExternalStoreRuntime(useAssistantSession(session))`. Prompts, edits,
 * reloads, stops, approvals, results of tools, the queue and older pages are calls of the session, and every device
 * shows them. The session's stream is open while the component that calls this is mounted.
 *
 * What assistant-ui gives no promise for, the calls of `queue`, rejects unhandled.
 */
export function useAssistantSession(session: SessionView): AssistantSession {
  const { hasOlder, messages, pending, queue, run, streaming } = useSession(session)
  const shown = useMemo(() => [...messages, ...pending], [messages, pending])
  const waiting = useMemo(() => itemsOf(queue), [queue])
  const [calls, queueCalls] = useMemo(() => callsOf(session), [session])
  return {
    messages: shown,
    convertMessage: shownMessage,
    isRunning: streaming,
    activeRunId: run?.id,
    hasEarlier: hasOlder,
    ...calls,
    queue: { ...waiting, ...queueCalls },
  }
}

function callsOf(session: SessionView): [Calls, QueueCalls] {
  const send = async (message: AppendedMessage, whenBusy: 'queue' | 'steer') => {
    await session.send({ parts: promptParts(message), whenBusy })
  }
  const calls: Calls = {
    onNew: (message) => send(message, 'queue'),
    async onEdit(message) {
      await session.resend(message.sourceId ?? '', { parts: promptParts(message) })
    },
    async onReload(parentId) {
      await session.retry(parentId ?? undefined)
    },
    async onCancel() {
      await session.interrupt()
    },
    onLoadEarlier: () => session.loadOlder(),
    async onRespondToToolApproval({ approvalId, approved, reason }) {
      const { waiting } = session.getSnapshot()
      const asked = waiting.find((call) => 'approval' in call && call.approval?.id === approvalId)
      const answer = { approved, ...(reason !== undefined && { reason }) }
      await session.respond(asked?.toolCallId ?? approvalId, answer)
    },
    async onAddToolResult({ toolCallId, result, isError }) {
      await session.respond(toolCallId, isError ? { error: textOf(result) } : { output: result })
    },
  }
  const queueCalls: QueueCalls = {
    enqueue: (message) => void send(message, 'queue'),
    steer: (message) => void send(message, 'steer'),
    edit: (runId, message) => void session.updateQueued(runId, promptParts(message)),
    remove: (runId) => void session.interrupt(runId),
    move() {
      throw new Error('The queue of a session keeps its order.')
    },
  }
  return [calls, queueCalls]
}

function textOf(result: unknown): string {
  return typeof result === 'string' ? result : JSON.stringify(result)
}

function itemsOf(queue: readonly QueuedRun[]) {
  const items: QueueItem[] = []
  const steerItems: QueueItem[] = []
  for (const run of queue) {
    // What is answered again is in the messages.
    if (run.kind !== 'agent' || run.retry) continue
    const parts = run.parts.map((part): QueueItem['parts'][number] =>
      part.type === 'text'
        ? part
        : {
            type: 'file',
            data: part.url,
            mimeType: part.mediaType,
            sourceType: 'url',
            ...(part.filename !== undefined && { filename: part.filename }),
          },
    )
    const prompt = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    const item = { id: run.runId, prompt, parts }
    if (run.steer) steerItems.push(item)
    else items.push(item)
  }
  return { items, steerItems }
}
