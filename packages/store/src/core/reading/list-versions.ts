import type { ListedVersion } from '@caughtup/schema'

import type { SessionRecord } from '../evolve.ts'
import { lookUp, type LookingUp } from '../lookups.ts'
import { shownBefore, stretchesOf, versionsAt } from '../versions.ts'

/**
 * The versions of which a message is the first of one, by the order of their first messages; just the
 * shown one where there are no others. `undefined` where the message begins none that can be chosen.
 */
export function* listVersions(
  record: SessionRecord,
  messageId: string,
): LookingUp<ListedVersion[] | undefined> {
  const [place] = yield* lookUp('places', [messageId])
  if (place?.epoch !== record.epoch) return undefined
  const stretches = yield* stretchesOf(record)
  const own = stretches.find(({ id }) => id === place.stretch)
  if (place.stretch > 0 && (own?.first !== place.order || own.within > 0)) return undefined
  const after = own ? own.after : yield* shownBefore(record, place.order)
  const begins = versionsAt(stretches, { after, within: 0 }).map(({ id, count }) => ({ id, count }))
  begins.push({ id: 0, count: yield* lookUp('countAfter', after) })
  const versions: Omit<ListedVersion, 'index'>[] = []
  for (const { id, count } of begins) {
    const message = yield* lookUp('following', after, id)
    if (message) versions.push({ message, shown: id === 0, count })
  }
  return versions
    .sort((a, b) => a.message.order - b.message.order)
    .map((version, index) => ({ ...version, index: index + 1 }))
}
