import { activityCases } from './reading/activity-cases.ts'
import { backupCases } from './keeping/backup-cases.ts'
import { Bed, type Cases, type TestDatabase } from './support/bed.ts'
import { callCases } from './keeping/call-cases.ts'
import { closeCases } from './keeping/close-cases.ts'
import type { ConformanceCase } from './support/conformance-case.ts'
import { commitCases } from './writing/commit-cases.ts'
import { convergenceCases } from './writing/convergence-cases.ts'
import { copyCases } from './keeping/copy-cases.ts'
import { cursorCases } from './reading/cursor-cases.ts'
import { eraseCases } from './keeping/erase-cases.ts'
import { remoteCases } from './keeping/remote-cases.ts'
import { forkCases } from './keeping/fork-cases.ts'
import { guardCases } from './writing/guard-cases.ts'
import { historyCases } from './writing/history-cases.ts'
import { importCases } from './writing/import-cases.ts'
import { journalCases } from './reading/journal-cases.ts'
import { memberCases } from './keeping/member-cases.ts'
import { owedCases } from './writing/owed-cases.ts'
import { pageCases } from './reading/page-cases.ts'
import { promptCases } from './reading/prompt-cases.ts'
import { queryCases } from './reading/query-cases.ts'
import { queueCases } from './writing/queue-cases.ts'
import { refusalCases } from './writing/refusal-cases.ts'
import { retentionCases } from './keeping/retention-cases.ts'
import { runCases } from './writing/run-cases.ts'
import { searchCases } from './reading/search-cases.ts'
import { sessionCases } from './keeping/session-cases.ts'
import { maintenanceCases } from './keeping/maintenance-cases.ts'
import { undoCases } from './writing/undo-cases.ts'
import { versionCases } from './writing/version-cases.ts'
import { windowCases } from './reading/window-cases.ts'

export interface ConformanceOptions {
  /** Creates an empty database; each case has its own, and some have two. */
  open: () => Promise<TestDatabase>
  /** The seed of the random programs. @default a random one, which a failure names */
  seed?: number
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
  version: versionCases,
  import: importCases,
  erase: eraseCases,
  fork: forkCases,
  search: searchCases,
  prompt: promptCases,
  session: sessionCases,
  member: memberCases,
  activity: activityCases,
  run: runCases,
  queue: queueCases,
  owed: owedCases,
  calls: callCases,
  changed: remoteCases,
  maintenance: maintenanceCases,
  retention: retentionCases,
  backup: backupCases,
  copy: copyCases,
  close: closeCases,
}

/**
 * The requirements of every engine behind the storage port, as cases for any test runner; they use
 * Node's `assert`:
 *
 * ```ts
 * for (const { title, run } of storageConformance({ open })) test(title, run)
 * ```
 *
 * The cases run on the machine's clock; none takes longer than a few seconds.
 */
export function storageConformance({
  open,
  seed = Math.floor(Math.random() * 2 ** 32),
}: ConformanceOptions): ConformanceCase[] {
  return Object.entries(groups).flatMap(([group, cases]) =>
    Object.entries(cases).map(([fact, check]) => ({
      title: `${group}: ${fact}`,
      async run() {
        const bed = new Bed(await open(), seed, open)
        try {
          await check(bed)
        } finally {
          await bed.close()
        }
      },
    })),
  )
}
