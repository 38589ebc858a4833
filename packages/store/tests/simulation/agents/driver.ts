import type { EventDraft, FinishReason, MessageDraft } from '@caughtup/schema'

import type { Writing } from '../world/ledger.ts'
import type { World } from '../world/world.ts'

/** A way of writing a run's answer. */
export interface Driver {
  /** Whether a call of the message waits for a person: then the run can only wait. */
  readonly awaits: boolean
  /** Continues what was answered while the run waited. */
  begin(): Promise<void>
  /** Writes one more piece of the answer. */
  write(): Promise<void>
  /** Ends the message, with further drafts. */
  finish(reason: FinishReason, alongside: readonly EventDraft[]): Promise<void>
  /** Makes calls that a person has to answer, and leaves the run waiting. */
  wait(): Promise<void>
  /** Takes the prompts that steer, which `next` answers from then on. Returns whether there were any. */
  steer(next: MessageDraft): Promise<boolean>
}

export interface DriverTarget {
  readonly sessionId: string
  readonly runId: string
  readonly attempt: number
  readonly message: Pick<MessageDraft, 'id' | 'parts' | 'metadata'>
  readonly writing: Writing
}

/** Text that contains its attempt and its position, sometimes with multi-byte characters. */
export function nextText(
  { random }: World,
  { attempt, writing }: Pick<DriverTarget, 'attempt' | 'writing'>,
): string {
  const end = random.chance(0.1) ? '☃'.repeat(99) : ' '
  const text = `${attempt}:${writing.produced.length}${end}`
  writing.produced += text
  return text
}
