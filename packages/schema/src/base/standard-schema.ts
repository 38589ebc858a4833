/**
 * A schema of zod, Valibot, ArkType or any other library that implements Standard Schema
 * (https://standardschema.dev): the part that is used of it.
 */
export interface StandardSchema<Output = unknown, Input = unknown> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Validated<Output> | Promise<Validated<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
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

/** What a schema makes. */
export type OutputOf<Schema> = Schema extends StandardSchema<infer Output> ? Output : unknown

/** What a schema takes. */
export type InputOf<Schema> = Schema extends {
  '~standard': { types?: { input: infer Input } | undefined }
}
  ? Input
  : unknown
