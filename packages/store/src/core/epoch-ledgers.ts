import type { Usage, UsageLedger } from '@caughtup/schema'

// A session's ledger only grows. What it was when an epoch ended is remembered, so that the usage of an
// epoch is the difference between two ends, whatever becomes of the epoch's messages and entries. Each
// count is remembered under a name of its own: the epoch, the count, and the model as JSON unless it is
// of the totals.

/** What a session has used until some moment. */
export type Used = Pick<UsageLedger, 'totals' | 'models'>

export const nothingUsed: Used = { totals: {} }

/** Digits of an epoch in a name, so that names are in the order of epochs. */
const digits = 12

/** All names of an epoch come after this one, and before that of the next epoch. */
export function firstName(epoch: number): string {
  return String(epoch).padStart(digits, '0')
}

/** The counts of a ledger as it was when an epoch ended, by their names. */
export function namesOf(epoch: number, { totals, models = {} }: Used): Map<string, number> {
  const names = new Map<string, number>()
  const add = (used: Usage, ofModel = '') => {
    for (const [count, tokens] of countsOf(used)) {
      names.set(`${firstName(epoch)} ${count}${ofModel}`, tokens)
    }
  }
  add(totals)
  for (const [model, used] of Object.entries(models)) add(used, ` ${JSON.stringify(model)}`)
  return names
}

/** The ledgers that names tell of, by their epochs. */
export function ledgersOf(names: Iterable<readonly [string, number]>): Map<number, Used> {
  const ledgers = new Map<number, { totals: Usage; models: Map<string, Usage> }>()
  for (const [name, tokens] of names) {
    const [epoch = '', count = '', ...model] = name.split(' ')
    const ledger = ledgers.get(Number(epoch)) ?? { totals: {}, models: new Map<string, Usage>() }
    ledgers.set(Number(epoch), ledger)
    const used = { [count]: tokens }
    if (model.length === 0) {
      Object.assign(ledger.totals, used)
    } else {
      const key = String(JSON.parse(model.join(' ')))
      ledger.models.set(key, { ...ledger.models.get(key), ...used })
    }
  }
  return new Map(
    [...ledgers].map(([epoch, { totals, models }]) => [
      epoch,
      { totals, ...(models.size > 0 && { models: Object.fromEntries(models) }) },
    ]),
  )
}

/** What was used between two moments: added to the earlier ledger, it gives the later one. */
export function usedBetween(earlier: Used, later: Used): Used {
  const models = Object.entries(later.models ?? {}).flatMap(([model, used]) => {
    const added = addedTo(earlier.models?.[model] ?? {}, used)
    return Object.keys(added).length > 0 ? [[model, added] as const] : []
  })
  return {
    totals: addedTo(earlier.totals, later.totals),
    ...(models.length > 0 && { models: Object.fromEntries(models) }),
  }
}

/** A count that was reported for the first time stays, also a 0. */
function addedTo(earlier: Usage, later: Usage): Usage {
  const before = new Map(countsOf(earlier))
  const added = countsOf(later).flatMap(([count, tokens]) => {
    const had = before.get(count)
    return had === tokens ? [] : [[count, tokens - (had ?? 0)] as const]
  })
  return Object.fromEntries(added)
}

function countsOf(used: Usage): [string, number][] {
  return Object.entries<number>({ ...used })
}
