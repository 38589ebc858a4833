import type {
  EventDraft,
  FinishReason,
  MessageDraft,
  MessageMetadata,
  Part,
  QueuedRun,
} from '@caughtup/schema'

/** A message with one text, finished. */
export function message(
  id: string,
  text: string,
  {
    role = 'assistant',
    createdAt = 1,
    ...metadata
  }: Partial<MessageMetadata> & { role?: MessageDraft['role'] } = {},
): MessageDraft {
  const parts: Part[] = [{ type: 'text', text }]
  return { id, role, parts, metadata: { createdAt, ...metadata }, status: 'done' }
}

export function created(draft: MessageDraft): EventDraft {
  return { type: 'message-created', message: draft }
}

export function prompt(id: string, text = 'Hi'): EventDraft {
  return created(message(id, text, { role: 'user' }))
}

/** A finished answer. */
export function answer(id: string, text = 'Hello'): EventDraft {
  return created(message(id, text))
}

/** An open answer: deltas append to its part 0. */
export function opened(id: string): EventDraft {
  const parts: Part[] = [{ type: 'text', text: '', state: 'streaming' }]
  return created({ ...message(id, ''), parts, status: 'open' })
}

export function delta(messageId: string, text: string, part = 0): EventDraft {
  return { type: 'message-delta', messageId, ops: [{ op: 'append', part, text }] }
}

/** Sets the host's metadata of an open message. */
export function labelled(messageId: string, label: string): EventDraft {
  return { type: 'message-delta', messageId, ops: [{ op: 'custom', value: { label } }] }
}

export function finished(messageId: string, reason: FinishReason = 'stop'): EventDraft {
  return { type: 'message-finished', messageId, reason }
}

/** A prompt and its answer, as `name-prompt` and `name-answer`. */
export function turn(name: string): EventDraft[] {
  return [prompt(`${name}-prompt`, `Prompt ${name}`), answer(`${name}-answer`, `Answer ${name}`)]
}

export function runStarted(id: string, model?: string): EventDraft {
  return {
    type: 'run-started',
    run: {
      id,
      kind: 'agent',
      status: 'streaming',
      startedAt: 1,
      ...(model !== undefined && { model }),
    },
  }
}

export function runChanged(runId: string, status: 'streaming' | 'waiting') {
  return { type: 'run-changed', runId, status } satisfies EventDraft
}

export function runEnded(runId: string): EventDraft {
  return { type: 'run-ended', runId, reason: 'stop' }
}

export function queued(runId: string): Extract<QueuedRun, { kind: 'agent' }> {
  return {
    kind: 'agent',
    runId,
    messageId: `${runId}-prompt`,
    parts: [{ type: 'text', text: 'Next' }],
    queuedAt: 1,
  }
}

export function enqueued(runId: string): EventDraft {
  return { type: 'queue-changed', add: queued(runId) }
}

export function dequeued(runId: string): EventDraft {
  return { type: 'queue-changed', remove: runId }
}

export function reset(): EventDraft {
  return { type: 'boundary', kind: 'reset', trigger: 'user' }
}

export function compaction(summaryId: string, text = 'So far'): EventDraft {
  const boundary = { kind: 'compaction', trigger: 'user' } as const
  const summary = message(summaryId, text, { role: 'system', boundary })
  return { type: 'boundary', ...boundary, summary }
}

export function deleted(messageId: string): EventDraft {
  return { type: 'message-deleted', messageId }
}

export function erased(...messageIds: string[]): EventDraft {
  return { type: 'message-erased', messageIds }
}

/** Truncates after the message, or everything. */
export function truncated(after?: string): EventDraft {
  return { type: 'history-truncated', ...(after !== undefined && { after }) }
}

export const undo: EventDraft = { type: 'history-truncated', undo: true, keep: 20 }
export const redo: EventDraft = { type: 'history-restored' }

/** Shows the hidden version that begins with this message. */
export function chosen(messageId: string): EventDraft {
  return { type: 'history-restored', messageId }
}

/** Another message after one, or in place of one, which becomes a hidden version with all after it. */
export function instead(
  place: { after: string } | { before: string },
  draft: EventDraft,
  keep = 20,
): EventDraft[] {
  return [{ type: 'history-truncated', ...place, keep }, draft]
}

export function replaced(messageId: string, text: string): EventDraft {
  return { type: 'message-replaced', messageId, parts: [{ type: 'text', text }] }
}

export function imported(
  messages: readonly MessageDraft[],
  counts: Readonly<Record<string, number>> = {},
  use: { recency?: number; readBy?: readonly string[] } = {},
): EventDraft {
  const identities = Object.entries(counts).map(([identity, count]) => ({ identity, count }))
  return { type: 'imported', messages, identities, ...use }
}
