import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of the kernel's clock in a second, on every Linux. */
const ticksPerSecond = 100

/** User and system time of a process and of all its children, those that have ended included, in ms. */
export function cpuOfFamily(parent: number): number {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = statOf(Number(name))
    if (Number(name) === parent) ticks += stat.own + stat.ended
    else if (stat.parent === parent) ticks += stat.own
  }
  return (ticks / ticksPerSecond) * 1_000
}

export function parentOf(pid: number): number {
  return statOf(pid).parent
}

function statOf(pid: number): { parent: number; own: number; ended: number } {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return { parent: 0, own: 0, ended: 0 } // It has ended since the folder was read.
  }
  // What follows its name, which may contain anything: the state, the parent, …
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const at = (index: number) => Number(fields[index])
  return { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) }
}
