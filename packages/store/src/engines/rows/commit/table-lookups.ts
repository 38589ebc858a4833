import type { AsyncLookups } from '../../../core/lookups.ts'
import type { TableReads } from '../tables/tables.ts'

/** The lookups of a decision in a session's rows. */
export function tableLookups(tables: TableReads, key: number): AsyncLookups {
  return {
    messages: (ids) => tables.messagesById(key, ids),
    idStatus: (ids) => tables.idStatus(key, ids),
    countAfter: (order) => tables.countAfter(key, order),
    lastPrompt: (from, upTo) => tables.lastPrompt(key, from, upTo),
    places: (ids) => tables.places(key, ids),
    before: (order, stretch) => tables.before(key, order, stretch),
    following: (order, stretch) => tables.following(key, order, stretch),
    stretches: (epoch) => tables.stretches(key, epoch),
    stretch: (id, bytes) => tables.stretch(key, id, bytes),
    countedChild: async (child) => (await tables.remembered(key, 'child', [child])).has(child),
  }
}
