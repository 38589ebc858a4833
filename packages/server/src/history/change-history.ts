import {
  CaughtupError,
  type EditInput,
  type HistoryChange,
  type Limits,
  type Session,
} from '@caughtup/schema'

import type { Access } from '../access/access.ts'
import type { CallLimit } from '../access/call-limit.ts'
import { attachmentsToErase, eraseAttachments } from '../attachments/remove-attachments.ts'
import type { Principal } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'
import { contentOf } from '../prompts/prompt-input.ts'
import { assertPrompt } from '../prompts/prompt-limits.ts'
import type { Runs } from '../runs/runs.ts'

/** What a change of history needs besides the store. */
interface ChangeAround {
  access: Access
  runs: Pick<Runs, 'interrupt'>
  rate: CallLimit
}

/**
 * Changes the history of sessions that the caller may change. During a run the store refuses changes
 * (`CONFLICT`, `run-active`); an undo and a truncation end the run first, because they remove its answer.
 */
export class ChangeHistory {
  readonly #settings: Settings
  readonly #access: Access
  readonly #runs: ChangeAround['runs']
  readonly #rate: CallLimit

  constructor(settings: Settings, { access, runs, rate }: ChangeAround) {
    this.#settings = settings
    this.#access = access
    this.#runs = runs
    this.#rate = rate
  }

  /** @throws CaughtupError `BAD_INPUT`, `TOO_LARGE`, `LIMIT_EXCEEDED`, `NOT_FOUND`, `CONFLICT` */
  async edit(session: Session, input: EditInput, principal: Principal): Promise<{ seq: number }> {
    const { store } = this.#settings
    const { parts, field } = contentOf(input)
    assertPrompt(parts, field, this.#settings)
    await this.#rate.take(principal.id)
    await this.#access.authorizeMessages(principal, session, [input.messageId])
    const { seq } = await store.history.edit(session.id, input.messageId, { parts })
    return { seq }
  }

  /** @throws CaughtupError `LIMIT_EXCEEDED`, `NOT_FOUND`, `CONFLICT` */
  async delete(session: Session, messageId: string, principal: Principal): Promise<HistoryChange> {
    await this.#rate.take(principal.id)
    await this.#access.authorizeMessages(principal, session, [messageId])
    return changed(await this.#settings.store.history.delete(session.id, messageId))
  }

  /** @throws CaughtupError `LIMIT_EXCEEDED`, `BAD_INPUT`, `NOT_FOUND`, `CONFLICT` */
  async erase(
    session: Session,
    messageIds: readonly string[],
    principal: Principal,
  ): Promise<HistoryChange> {
    assertCount(messageIds, this.#settings.limits)
    await this.#rate.take(principal.id)
    await this.#access.authorizeMessages(principal, session, messageIds)
    const attachments = await attachmentsToErase(this.#settings, session, messageIds, principal)
    const erased = await this.#settings.store.history.erase(session.id, messageIds)
    await eraseAttachments(this.#settings, attachments)
    return changed(erased)
  }

  /**
   * @throws CaughtupError `LIMIT_EXCEEDED`, `UNAVAILABLE`, and `CONFLICT` (`nothing-to-undo`; or
   *   `run-active` if the run that was next started after the interruption)
   */
  async undo({ id }: Session, principal: Principal): Promise<HistoryChange> {
    await this.#rate.take(principal.id)
    const { store } = this.#settings
    const { head } = await store.head(id)
    if (head.run && head.canUndo) await this.#runs.interrupt(id, head.run.id)
    return changed(await store.history.undo(id))
  }

  /** @throws CaughtupError `LIMIT_EXCEEDED`, `CONFLICT` (`nothing-to-redo`, `run-active`) */
  async redo({ id }: Session, principal: Principal): Promise<HistoryChange> {
    await this.#rate.take(principal.id)
    return changed(await this.#settings.store.history.redo(id))
  }

  /**
   * Shows the version that begins with a message; changes nothing if it is shown.
   *
   * @throws CaughtupError `LIMIT_EXCEEDED`, `NOT_FOUND`, `CONFLICT` (`run-active`)
   */
  async choose({ id }: Session, messageId: string, principal: Principal): Promise<HistoryChange> {
    await this.#rate.take(principal.id)
    const { store } = this.#settings
    return changed((await store.history.choose(id, messageId)) ?? (await store.head(id)).head)
  }

  /**
   * @throws CaughtupError `LIMIT_EXCEEDED`, `NOT_FOUND`, `UNAVAILABLE`, and `CONFLICT` (`run-active`)
   *   as of {@link undo}
   */
  async truncate(
    { id }: Session,
    after: string | undefined,
    principal: Principal,
  ): Promise<HistoryChange> {
    await this.#rate.take(principal.id)
    const { store } = this.#settings
    const { head } = await store.head(id)
    // A run must not end for a truncation that is refused all the same.
    const from = after === undefined ? head : await store.message(id, after)
    if (head.run && from?.epoch === head.epoch) await this.#runs.interrupt(id, head.run.id)
    const options = after === undefined ? {} : { after }
    return changed(await store.history.truncate(id, options))
  }
}

/** Checked before the messages are read, which costs as much as there are ids. */
function assertCount({ length }: readonly string[], { pageMost }: Limits): void {
  if (length <= pageMost) return
  throw new CaughtupError(
    'BAD_INPUT',
    `At most ${pageMost} messages can be erased at once (pageMost), not ${length}.`,
    { field: 'messageIds', value: String(length), limit: pageMost },
  )
}

function changed({ seq, canUndo, canRedo }: HistoryChange): HistoryChange {
  return { seq, canUndo, canRedo }
}
