import type { Lookups } from '../../../core/lookups.ts'
import type { CachedSession } from '../cache/cached-session.ts'

/** A session's rows with the messages that are newer than them, which are shown ones. */
export function currentRows({ rows, overlay }: CachedSession): Lookups {
  const newer = [...overlay.values()].sort((a, b) => a.order - b.order)
  return {
    ...rows,
    places: (messageIds) =>
      rows.places(messageIds).map((place, index) => {
        const message = overlay.get(messageIds[index] ?? '')
        return message ? { order: message.order, epoch: message.epoch, stretch: 0 } : place
      }),
    before(order, stretch) {
      const found = rows.before(order, stretch)
      const message = stretch === 0 && newer.findLast((each) => each.order < order)
      return message ? Math.max(message.order, found ?? 0) : found
    },
    following(order, stretch) {
      const found = rows.following(order, stretch)
      const message = stretch === 0 && newer.find((each) => each.order > order)
      return message && message.order <= (found?.order ?? Infinity) ? message : found
    },
    countAfter(order) {
      const added = newer.filter((each) => each.order > order).map(({ id }) => id)
      const without = rows.idStatus(added).filter((status) => status === 'free')
      return rows.countAfter(order) + without.length
    },
  }
}
