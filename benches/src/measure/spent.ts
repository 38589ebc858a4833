import { readFileSync } from 'node:fs'

/** The resources that this process has used since its start. */
export interface Spent {
  /** User and system time of all its threads, in ms. */
  cpu: number
  /** Bytes passed to the kernel: every WAL frame and every page of a checkpoint. */
  written: number
}

/**
 * `wchar` is exact on every medium, and counts repeated writes. `write_bytes` stays 0 on a RAM disk,
 * and file sizes miss a WAL that starts over.
 */
export function spent(): Spent {
  const { user, system } = process.cpuUsage()
  const written = /^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]
  return { cpu: (user + system) / 1000, written: Number(written) }
}

export function since(before: Spent): Spent {
  const now = spent()
  return { cpu: now.cpu - before.cpu, written: now.written - before.written }
}
