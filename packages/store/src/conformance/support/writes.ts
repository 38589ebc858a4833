import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'
import { isHistoryDraft } from '@caughtup/schema/event'

import type { Guard, Refusal, SliceResult } from '../../port/commit.ts'
import type { Storage } from '../../port/storage.ts'

export type Written = Exclude<SliceResult, { refused: Refusal }>

interface WriteOptions {
  /** @default `no-active-run` for changes of history, none for others */
  guard?: Guard
  /** @default 1000 */
  at?: number
}

/** Commits one slice, which may be refused. */
export async function tryWrite(
  storage: Storage,
  sessionId: string,
  drafts: readonly EventDraft[],
  {
    guard = drafts.some(isHistoryDraft) ? { is: 'no-active-run' } : undefined,
    at = 1_000,
  }: WriteOptions = {},
): Promise<SliceResult> {
  const [result] = await storage.commit([{ sessionId, at, drafts, ...(guard && { guard }) }])
  assert(result, 'A commit returns a result for each slice.')
  return result
}

/** Commits one slice, which must not be refused. */
export async function write(
  storage: Storage,
  sessionId: string,
  drafts: readonly EventDraft[],
  options?: WriteOptions,
): Promise<Written> {
  return accepted(await tryWrite(storage, sessionId, drafts, options))
}

/** Commits each draft by itself. */
export async function writeEach(
  storage: Storage,
  sessionId: string,
  drafts: readonly EventDraft[],
): Promise<Written[]> {
  const results: Written[] = []
  for (const draft of drafts) results.push(await write(storage, sessionId, [draft]))
  return results
}

export function accepted(result: SliceResult | undefined): Written {
  assert(result, 'A commit returns a result for each slice.')
  assert(result.refused === undefined, `The slice was refused: ${result.refused}`)
  return result
}

/** Why a slice is refused; `accepted` if it is not. */
export async function refusalOf(
  storage: Storage,
  sessionId: string,
  drafts: readonly EventDraft[],
  options?: WriteOptions,
): Promise<Refusal | 'accepted'> {
  const { refused = 'accepted' } = await tryWrite(storage, sessionId, drafts, options)
  return refused
}
