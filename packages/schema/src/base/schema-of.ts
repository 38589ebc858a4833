import type * as z from 'zod'

/**
 * The schema of a named type. Declarations and editors show the type's name for it, also in the
 * outputs of procedures, where zod's own type would show every member.
 */
export type SchemaOf<T> = z.ZodType<T, T>

/** The union that a schema describes; declarations show the name that it is given. */
export type UnionOf<Schema extends z.ZodType> = Each<z.infer<Schema>>
type Each<T> = T extends unknown ? T : never

/** A union in which one member has another type, which declarations then name. */
export type WithMember<T, Name extends string, Type> = T extends unknown
  ? { [Member in keyof T]: Member extends Name ? Type : T[Member] }
  : never
