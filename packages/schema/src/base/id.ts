import * as z from 'zod'

/** Callers choose ids freely within this alphabet; generated ids are UUIDv7. */
export const id = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 characters of A–Z a–z 0–9 _ -')

/** In characters: longer than the subject of any identity provider, and short enough for an index. */
export const principalLength = 1_000

/** Id of a principal, as the host names it; half a surrogate pair would become another one's. */
export const principal = z
  .string()
  .min(1)
  .max(principalLength)
  .regex(/^\P{Surrogate}*$/u, 'must not have half a character')

/** Most characters of the name of a transient: a stream keeps some of them for a client that is slow. */
export const transientLength = 64

/** A moment, in ms since the Unix epoch. */
export const timestamp = z.number().int().nonnegative()

/**
 * The name of a model, thinking level, media type or file in a request. Real ones are far shorter;
 * the bound keeps a caller from storing long texts in them.
 */
export const name = z.string().max(200)

/** A count, a seq, an order, a revision: whole and not negative. */
export const count = z.number().int().nonnegative()
