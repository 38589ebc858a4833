import type { ActivityRow } from '@caughtup/schema'

import type { ActivityStep } from '../../src/port/activity.ts'
import type { Storage } from '../../src/port/storage.ts'
import { principals } from './call.ts'

/**
 * Positions of feeds as the numbers of the steps of the program that gave them: engines count them in
 * ways of their own, and sessions that one commit changed may have one position or several.
 */
export class FeedSteps {
  /** Where each principal's feed was after each step. */
  readonly #heads = new Map<string, number[]>()

  /** To be called before the first step, and after each. */
  async note(storage: Storage): Promise<void> {
    for (const principal of principals) {
      const { position } = await storage.activity(principal, { by: 'creation', limit: 1 })
      const heads = this.#heads.get(principal) ?? []
      this.#heads.set(principal, [...heads, position])
    }
  }

  /** The position that a step ended with; a number that is not a step's is no position either. */
  position(principal: string, step: number): number {
    const heads = this.#of(principal)
    return heads[step] ?? (step < 0 ? step : (heads.at(-1) ?? 0) + step)
  }

  row(principal: string, row: ActivityRow): ActivityRow {
    return { ...row, revision: this.#step(principal, row.revision) }
  }

  page<Page extends Pick<ActivityStep, 'rows' | 'position' | 'history'>>(
    principal: string,
    page: Page,
  ) {
    const { rows, position, history: _, ...rest } = page
    const isNewest = position === this.#of(principal).at(-1)
    return { ...rest, rows: rows.map((row) => this.row(principal, row)), isNewest }
  }

  /** All that changed after a step, in the order of steps. */
  async changes(
    storage: Storage,
    principal: string,
    { since, limit }: { since: number; limit: number },
  ): Promise<unknown> {
    const found: { step: number; sessionId: string; row?: ActivityRow }[] = []
    for (let after = this.position(principal, since); ;) {
      const changes: ActivityStep = await storage.activity(principal, {
        by: 'change',
        after,
        limit,
      })
      const { rows, removed, position, next, known } = changes
      for (const row of rows.map((each) => this.row(principal, each))) {
        found.push({ step: row.revision, sessionId: row.sessionId, row })
      }
      for (const { sessionId, revision } of removed) {
        found.push({ step: this.#step(principal, revision), sessionId })
      }
      if (next === undefined) {
        const isNewest = position === this.#of(principal).at(-1)
        const inOrder = found.toSorted(
          (a, b) => a.step - b.step || (a.sessionId < b.sessionId ? -1 : 1),
        )
        return { found: inOrder, known, isNewest }
      }
      after = next
    }
  }

  #step(principal: string, position: number): number {
    return this.#of(principal).findIndex((head) => head >= position)
  }

  #of(principal: string): readonly number[] {
    return this.#heads.get(principal) ?? []
  }
}
