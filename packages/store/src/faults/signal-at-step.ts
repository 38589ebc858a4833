import { DatabaseSync, StatementSync } from 'node:sqlite'

/**
 * Kills or stops this process at a step of writing: before or after the `step`-th call of SQLite
 * from now on that begins, writes or commits.
 */
export function signalAtStep(
  signal: 'SIGKILL' | 'SIGSTOP',
  step: number,
  when: 'before' | 'after',
): void {
  let steps = 0
  const signalling = <T extends object>(
    prototype: T,
    name: keyof T,
    counts: (sql: unknown) => boolean,
  ) => {
    const original: unknown = Reflect.get(prototype, name)
    if (typeof original !== 'function') throw new TypeError(`${String(name)} is no method.`)
    Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]): unknown {
      const last = counts(args[0]) && ++steps === step
      if (last && when === 'before') process.kill(process.pid, signal)
      const result: unknown = Reflect.apply(original, this, args)
      if (last && when === 'after') process.kill(process.pid, signal)
      return result
    })
  }
  const writes = new Set<unknown>(['BEGIN IMMEDIATE', 'COMMIT'])
  signalling(DatabaseSync.prototype, 'exec', (sql) => writes.has(sql))
  signalling(StatementSync.prototype, 'run', () => true)
}
