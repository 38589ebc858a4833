import * as z from 'zod'

/** Ids are the caller's to choose within this alphabet; those made here are UUIDv7. */
export const id = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 characters of A–Z a–z 0–9 _ -')

/** A moment, in ms since the Unix epoch. */
export const timestamp = z.number().int().nonnegative()

/** A count, a seq, an order, a revision: whole and not negative. */
export const count = z.number().int().nonnegative()
