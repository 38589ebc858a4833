const none = {
  'began to wait': 0,
  'call answered': 0,
  'answer refused': 0,
  'went on after the last answer': 0,
  'continued after a loss': 0,
  'waits after a loss': 0,
  'ended as lost': 0,
  interrupted: 0,
  'stale attempt refused': 0,
  'steering prompt taken': 0,
  'steering prompt answered next': 0,
  'taking refused': 0,
  'queued prompt edited': 0,
  'queued prompt taken back': 0,
  'member added': 0,
  'member removed': 0,
  'follower removed': 0,
  'prompt of a removed member answered': 0,
  'hook called': 0,
  'hook called again': 0,
  'hook of a dead process taken': 0,
}

/** How often things happened that promises are about. Over many worlds, each must happen. */
export type Counts = Record<keyof typeof none, number>

export function noCounts(): Counts {
  return { ...none }
}

export function sumOf(a: Counts, b: Counts): Counts {
  const sum = { ...a }
  for (const [name, times] of entriesOf(b)) sum[name] += times
  return sum
}

export function entriesOf(counts: Counts): [keyof Counts, number][] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Counts` has exactly these names
  return Object.entries(counts) as [keyof Counts, number][]
}
