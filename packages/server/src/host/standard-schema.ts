/**
 * A schema of zod, Valibot, ArkType or any other library that implements Standard Schema
 * (https://standardschema.dev): the part that is used of it.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Validated<Output> | Promise<Validated<Output>>
  }
}

/** The value as the schema makes it, or what is wrong with it. */
type Validated<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] }

export interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export function isStandardSchema(value: unknown): value is StandardSchema {
  const standard: unknown = Object(value)['~standard']
  return typeof Object(standard)['validate'] === 'function'
}
