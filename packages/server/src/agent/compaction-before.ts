import type { Head } from '@caughtup/schema/fold'
import { v7 as uuid } from 'uuid'

import type { Settings } from '../host/server-options.ts'
import type { RunBefore } from '../runs/run-kind.ts'
import type { QueuedPrompt } from './agent-run.ts'

/**
 * The compaction that a prompt waits for, if one is due. It depends on the session's journal alone, so
 * every process decides alike, also after a restart. A retry or a resend keeps the context that
 * the answer before it had.
 */
export async function compactionBefore(
  settings: Settings,
  sessionId: string,
  prompt: QueuedPrompt,
): Promise<RunBefore | undefined> {
  const { store, compactAt } = settings
  if (compactAt === undefined) return undefined
  const { retry, replaces, compacted, author } = prompt
  if (retry || replaces !== undefined || compacted) return undefined
  const { head } = await store.head(sessionId)
  if (!fillsContext(head, compactAt, settings.contextLimit)) return undefined
  const compaction = {
    kind: 'compaction',
    runId: uuid(),
    trigger: 'auto',
    queuedAt: store.clock.now(),
    ...(author !== undefined && { author }),
  } as const
  // The mark: no second compaction for this prompt, whatever becomes of this one.
  return { run: compaction, waiting: { ...prompt, compacted: true }, seq: head.seq }
}

/** Whether the context takes up a share of the model's window, as far as both are known. */
export function fillsContext(
  { contextUsage }: Head,
  share: number,
  contextLimit: number | undefined,
): boolean {
  const limit = contextUsage?.limit ?? contextLimit
  if (!contextUsage || limit === undefined) return false
  return contextUsage.tokens >= share * limit
}
