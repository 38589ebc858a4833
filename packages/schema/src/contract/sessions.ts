import * as z from 'zod'

import { id } from '../base/id.ts'
import { session } from '../model/session.ts'
import { wireCursor } from '../wire/frame.ts'
import { listInput, procedure, sessionInput } from './base.ts'

const title = z.string()

export const sessions = {
  /** The caller's sessions, by recency, newest first. */
  list: procedure
    .input(listInput)
    .output(z.object({ sessions: z.array(session), nextCursor: wireCursor.nullable() })),
  create: procedure
    .input(z.strictObject({ title: title.exactOptional() }).optional())
    .output(session),
  get: procedure.input(sessionInput).output(session),
  update: procedure.input(z.strictObject({ sessionId: id, title })).output(session),
  /** Makes a session of the caller's own with the messages up to one. */
  fork: procedure
    .input(z.strictObject({ sessionId: id, from: id, title: title.exactOptional() }))
    .output(
      z.object({
        session,
        /** Whether the fork ends after `from`, with the end of its tool group. */
        moved: z.boolean(),
      }),
    ),
  delete: procedure.input(sessionInput).output(z.object({ deleted: z.literal(true) })),
}
