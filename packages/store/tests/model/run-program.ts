import { historyStep } from './history-step.ts'
import { Machine, type ModelSession } from './machine.ts'
import type { CrashableEngine } from '../support/crashable-engine.ts'
import type { OracleSession } from './oracle/oracle-session.ts'
import type { Action, Step } from './program.ts'
import { runStep } from './run-step.ts'
import { writeStep } from './write-step.ts'

/**
 * Runs a program on an engine. Every step must have the oracle's outcome, and all final reads must
 * agree with it.
 *
 * @returns what the oracles have seen of versions
 * @throws AssertionError for what does not
 */
export async function runProgram(
  engine: CrashableEngine,
  steps: readonly Step[],
): Promise<readonly OracleSession['seen'][]> {
  const machine = new Machine(engine)
  try {
    await machine.start()
    for (const { session, action } of steps) {
      const target = machine.sessions[session % machine.sessions.length]
      if (target) await perform(machine, target, action)
    }
    await machine.check()
    return machine.sessions.map(({ oracle }) => oracle.seen)
  } finally {
    await machine.end()
  }
}

async function perform(machine: Machine, session: ModelSession, action: Action): Promise<void> {
  switch (action.do) {
    case 'start':
    case 'next':
    case 'queue':
    case 'steer':
    case 'usage':
    case 'text':
    case 'reasoning':
    case 'thought':
    case 'tool':
    case 'label':
    case 'finish':
    case 'update':
    case 'draft':
      return writeStep(machine, session, action)
    case 'wait':
    case 'answer':
    case 'continue':
    case 'take':
    case 'interrupt':
    case 'requeue':
      return runStep(machine, session, action)
    case 'edit':
    case 'delete':
    case 'erase':
    case 'truncate':
    case 'undo':
    case 'redo':
    case 'choose':
    case 'retry':
    case 'resend':
    case 'fork':
    case 'boundary':
    case 'import':
    case 'repeat':
      return historyStep(machine, session, action)
    case 'flush':
      await machine.clock.advance(33)
      return machine.flushed(session)
    case 'snapshot':
      return machine.snapshot(session)
    case 'follow':
      return machine.follow(session)
    case 'read':
      return machine.read(session)
    case 'check':
      return machine.check()
    case 'maintain':
      return machine.maintain(action.keep)
    case 'reopen':
      return machine.reopen()
    case 'crash':
      return machine.crash()
  }
}
