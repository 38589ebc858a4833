import fc from 'fast-check'
import { expect, test } from 'vitest'

import { SortedList } from './sorted-list.ts'

interface Place {
  at: number
}

const changes = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 20 })), { maxLength: 60 })

test('has what was added and not removed, in order and from any place', () => {
  fc.assert(
    fc.property(changes, fc.integer({ min: -1, max: 21 }), (made, at) => {
      const list = new SortedList<Place, Place>((a, b) => a.at - b.at)
      const expected = new Set<number>()
      for (const [adds, place] of made) {
        if (adds === expected.has(place)) continue
        if (adds) list.add({ at: place })
        else list.remove({ at: place })
        if (adds) expected.add(place)
        else expected.delete(place)
      }
      const sorted = [...expected].toSorted((a, b) => a - b)
      const places = (items: Iterable<Place>) => [...items].map((item) => item.at)
      expect(places(list.after())).toEqual(sorted)
      expect(places(list.before())).toEqual(sorted.toReversed())
      expect(places(list.after({ at }))).toEqual(sorted.filter((place) => place > at))
      expect(places(list.before({ at }))).toEqual(sorted.filter((place) => place < at).toReversed())
    }),
  )
})
