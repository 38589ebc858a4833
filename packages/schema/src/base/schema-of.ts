import type * as z from 'zod'

/**
 * The schema of a named type. What is made of it, up to the procedures' answers, then shows the name
 * where zod's own type would show everything that is in it.
 */
export type SchemaOf<T> = z.ZodType<T, T>

/** A schema's union, which shows the name that it is declared with. */
export type UnionOf<Schema extends z.ZodType> = Each<z.infer<Schema>>
type Each<T> = T extends unknown ? T : never
