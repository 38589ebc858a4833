import { oc } from '@orpc/contract'
import * as z from 'zod'

import { type ErrorCode, type ErrorData, errorStatus } from '../base/error.ts'
import { id } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'
import { wireCursor } from '../wire/frame.ts'

const errorData: SchemaOf<ErrorData | undefined> = z
  .object({
    field: z.string().exactOptional(),
    value: z.string().exactOptional(),
    limit: z.number().exactOptional(),
    reason: z.string().exactOptional(),
    retryAfter: z.number().exactOptional(),
  })
  .optional()

/** The errors that every procedure may answer with, by their codes. */
export type ProcedureErrors = {
  [Code in ErrorCode]: { status: (typeof errorStatus)[Code]; data: typeof errorData }
}

const errors: ProcedureErrors = {
  BAD_INPUT: { status: errorStatus.BAD_INPUT, data: errorData },
  PROTOCOL_MISMATCH: { status: errorStatus.PROTOCOL_MISMATCH, data: errorData },
  UNAUTHORIZED: { status: errorStatus.UNAUTHORIZED, data: errorData },
  NOT_FOUND: { status: errorStatus.NOT_FOUND, data: errorData },
  CONFLICT: { status: errorStatus.CONFLICT, data: errorData },
  TOO_LARGE: { status: errorStatus.TOO_LARGE, data: errorData },
  LIMIT_EXCEEDED: { status: errorStatus.LIMIT_EXCEEDED, data: errorData },
  UNAVAILABLE: { status: errorStatus.UNAVAILABLE, data: errorData },
}
/** A procedure that may answer with any of these errors. */
export const procedure = oc.errors(errors)

export const sessionInput = z.strictObject({ sessionId: id })

/** The most messages or rows that the caller wants. */
export const limit = z.number().int().min(1)

/** A page of a list. */
export const listInput = z
  .strictObject({ cursor: wireCursor.exactOptional(), limit: limit.exactOptional() })
  .optional()
