import type { Guard } from '../../src/port/commit.ts'
import type { Storage } from '../../src/port/storage.ts'
import type { GuardName } from './call.ts'

/** The guard of that name for a session in that state; `undefined` for a session that is not there. */
export function guardOf(
  name: GuardName,
  state: Awaited<ReturnType<Storage['state']>> | undefined,
): Guard {
  const { run, queue = [], seq = 0 } = state?.head ?? {}
  const { id: runId = 'r0', attempt = 1 } = run ?? {}
  const { runId: queued = 'q0' } = queue[0] ?? {}
  const { id = 'nothing', revision = 0 } = state?.open[0] ?? {}
  switch (name) {
    case 'run':
    case 'awaiting-tool':
      return { is: name, runId }
    case 'other-run':
      return { is: 'run', runId: 'other' }
    case 'run-attempt':
      return { is: 'run', runId, attempt }
    case 'run-later-attempt':
      return { is: 'run', runId, attempt: attempt + 1 }
    case 'run-as-read':
      return { is: 'run', runId, seq }
    case 'run-offered':
      return { is: 'run', runId, queued: queue }
    case 'run-not-offered':
      return { is: 'run', runId, queued: queue.map((each) => ({ ...each, queuedAt: 0 })) }
    case 'awaiting-as-read':
      return { is: 'awaiting-tool', runId, message: { id, revision } }
    case 'awaiting-outdated':
      return { is: 'awaiting-tool', runId, message: { id, revision: revision - 1 } }
    case 'enqueue':
      return { is: 'enqueue', queueBelow: 20 }
    case 'enqueue-full':
      return { is: 'enqueue', queueBelow: 1 }
    case 'enqueue-large':
      return { is: 'enqueue', queueBelow: 20, queueBytes: 150 }
    case 'next-in-queue':
    case 'queued':
      return { is: name, runId: queued }
    case 'idle-at-0':
      return { is: 'idle', seq: 0 }
    case 'next-at-0':
      return { is: 'next-in-queue', runId: queued, seq: 0 }
    case 'idle':
    case 'no-active-run':
      return { is: name }
  }
}
