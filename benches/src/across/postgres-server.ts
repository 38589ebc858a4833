// Caughtup's server on PostgreSQL, for `fork`, one of several.
import { createStore } from '@caughtup/store'
import { postgres } from '@caughtup/store/postgres'
import { redis } from '@caughtup/store/redis'

import { serveSide } from '../subscribers/processes/side-process.ts'
import { limits, serveStore } from '../subscribers/sides/serve-store.ts'

const [windowMs = '', url = '', schema = '', redisUrl] = process.argv.slice(2)

serveSide(async () =>
  serveStore(
    await createStore({
      storage: postgres({ url, schema }),
      flush: { windowMs: Number(windowMs) },
      limits,
      ...(redisUrl && { bus: redis({ url: redisUrl }) }),
    }),
  ),
)
