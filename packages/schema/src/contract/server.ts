import * as z from 'zod'

import { serverStats } from '../wire/stats.ts'
import { procedure } from './base.ts'

export const server = {
  /** Needs the permission `server.stats`. */
  stats: procedure.input(z.strictObject({}).optional()).output(serverStats),
}
