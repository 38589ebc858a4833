import { execFileSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'

/** The circumstances of a bench's figures. */
export interface Origin {
  /** The day, as in `2026-11-30`. */
  at: string
  commit: string
  node: string
  machine: string
  /** Where the databases are. */
  medium: 'RAM disk' | 'disk'
  /** The load average of the minute before. */
  load: number
}

/** The type of tmpfs in statfs(2). */
const ramDisk = 0x0102_1994

/** @param on the folder of the databases */
export function originOf(root: string, on: string): Origin {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'packages', 'benches/src') !== ''
  const processors = cpus()
  return {
    at: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', '--short', 'HEAD') + (changed ? ', with changes' : ''),
    node: process.version,
    machine: `${processors.length} × ${processors[0]?.model.trim()}`,
    medium: statfsSync(on).type === ramDisk ? 'RAM disk' : 'disk',
    load: loadavg()[0] ?? 0,
  }
}
