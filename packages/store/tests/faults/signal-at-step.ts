import { StatementSync } from 'node:sqlite'

/**
 * Kills or stops this process before or after the `step`-th following statement that begins, makes or
 * commits a change.
 */
export function signalAtStep(
  signal: 'SIGKILL' | 'SIGSTOP',
  step: number,
  when: 'before' | 'after',
): void {
  const original: unknown = Reflect.get(StatementSync.prototype, 'run')
  if (typeof original !== 'function') throw new TypeError('A statement cannot be run.')
  let steps = 0
  let writing = false
  const run = function (this: StatementSync, ...values: unknown[]): unknown {
    writing ||= this.sourceSQL === 'BEGIN IMMEDIATE'
    const last = writing && ++steps === step
    if (last && when === 'before') process.kill(process.pid, signal)
    const result: unknown = Reflect.apply(original, this, values)
    if (last && when === 'after') process.kill(process.pid, signal)
    if (this.sourceSQL === 'COMMIT') writing = false
    return result
  }
  Reflect.set(StatementSync.prototype, 'run', run)
}
