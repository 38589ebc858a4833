import { expect, test } from 'vitest'

import type { FeedQuery } from '../rows/tables/tables.ts'
import { emptyDatabase, feedOf, type SessionData } from './database.ts'
import { feedRows } from './lists.ts'

test.each<[FeedQuery, number[]]>([
  [{ by: 'key', after: 500, limit: 2 }, [501, 502]],
  [{ by: 'recency', limit: 2 }, [1, 2]],
  [{ by: 'recency', after: { recency: 900, id: 's101' }, limit: 2 }, [102, 103]],
  [{ by: 'position', after: 999, limit: 2 }, [1000]],
  // Those of one position stay together.
  [{ by: 'position', after: 0, limit: 1 }, [1, 2]],
])('a list %o looks only at the sessions that it returns', (query, expected) => {
  const keys: number[] = []
  class Sessions extends Map<number, SessionData> {
    override get(key: number): undefined {
      keys.push(key)
    }
  }
  const db = { ...emptyDatabase(), sessions: new Sessions() }
  const feed = feedOf(db, 'me')
  for (let key = 1; key <= 1_000; key++) {
    feed.put({ key, id: `s${key}`, recency: 1_001 - key, position: Math.max(2, key) })
  }
  feedRows(db, 'me', query)
  expect(keys).toEqual(expected)
})
