import { activityCases } from './conformance/activity-cases.ts'
import { backupCases } from './conformance/backup-cases.ts'
import { Bed, type Cases, type TestDatabase } from './conformance/bed.ts'
import { closeCases } from './conformance/close-cases.ts'
import { commitCases } from './conformance/commit-cases.ts'
import { convergenceCases } from './conformance/convergence-cases.ts'
import { cursorCases } from './conformance/cursor-cases.ts'
import { eraseCases } from './conformance/erase-cases.ts'
import { foreignCases } from './conformance/foreign-cases.ts'
import { forkCases } from './conformance/fork-cases.ts'
import { guardCases } from './conformance/guard-cases.ts'
import { historyCases } from './conformance/history-cases.ts'
import { importCases } from './conformance/import-cases.ts'
import { journalCases } from './conformance/journal-cases.ts'
import { pageCases } from './conformance/page-cases.ts'
import { queryCases } from './conformance/query-cases.ts'
import { queueCases } from './conformance/queue-cases.ts'
import { refusalCases } from './conformance/refusal-cases.ts'
import { retentionCases } from './conformance/retention-cases.ts'
import { runCases } from './conformance/run-cases.ts'
import { searchCases } from './conformance/search-cases.ts'
import { sessionCases } from './conformance/session-cases.ts'
import { tidyCases } from './conformance/tidy-cases.ts'
import { undoCases } from './conformance/undo-cases.ts'
import { windowCases } from './conformance/window-cases.ts'

export interface ConformanceOptions {
  /** Makes a new and empty database; each case has one of its own. */
  open: () => Promise<TestDatabase>
  /** `false` for an engine that makes no backups: the cases about them are left out. @default true */
  backup?: boolean
  /** Of the random programs. @default a random one; what fails names it */
  seed?: number
}

/** One thing that an engine must do. */
export interface ConformanceCase {
  /** A fact in the present tense, after the name of the group it belongs to. */
  title: string
  /** Rejects with an AssertionError when it is not so. */
  run: () => Promise<void>
}

const groups: Readonly<Record<string, Cases>> = {
  commit: commitCases,
  guard: guardCases,
  refusal: refusalCases,
  window: windowCases,
  page: pageCases,
  events: journalCases,
  cursor: cursorCases,
  fold: convergenceCases,
  query: queryCases,
  history: historyCases,
  undo: undoCases,
  import: importCases,
  erase: eraseCases,
  fork: forkCases,
  search: searchCases,
  session: sessionCases,
  activity: activityCases,
  run: runCases,
  queue: queueCases,
  changed: foreignCases,
  tidy: tidyCases,
  retention: retentionCases,
  backup: backupCases,
  close: closeCases,
}

/**
 * What every engine behind the storage port must do, as cases for any test runner, because the
 * checks are Node's own `assert`:
 *
 * ```ts
 * for (const { title, run } of storageConformance({ open })) test(title, run)
 * ```
 *
 * The cases run on the machine's clock; none takes longer than some seconds.
 */
export function storageConformance({
  open,
  backup = true,
  seed = Math.floor(Math.random() * 2 ** 32),
}: ConformanceOptions): ConformanceCase[] {
  const entries = Object.entries(groups).filter(([group]) => backup || group !== 'backup')
  return entries.flatMap(([group, cases]) =>
    Object.entries(cases).map(([fact, check]) => ({
      title: `${group}: ${fact}`,
      async run() {
        const bed = new Bed(await open(), seed)
        try {
          await check(bed)
        } finally {
          await bed.close()
        }
      },
    })),
  )
}
