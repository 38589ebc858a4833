import type { InputOf, OutputOf, StandardSchema } from '../base/standard-schema.ts'

/**
 * Shapes of the host's own data, in schemas of zod or any library that implements Standard Schema. They
 * are declared once: `createChatServer({ schemas })` validates with them whatever comes in, and
 * {@link Register} gives their types to all packages. What a schema makes is stored as JSON, so it must
 * make what has a JSON form.
 */
export interface ChatSchemas {
  /** What the server's `principal` function returns. @default `{ id: string }` */
  principal?: StandardSchema<{ readonly id: string }>
  /** A session's `metadata`. @default any JSON object */
  sessionMetadata?: StandardSchema<object>
  /**
   * The host's metadata of a message, `metadata.custom`: what a prompt brings, and what an agent's
   * `message-metadata` parts make together after each of them. It must take what it makes.
   * @default any JSON object
   */
  messageMetadata?: StandardSchema<object>
  /**
   * The `data-*` parts of answers, by their name without `data-`; others are refused.
   * @default any JSON under any name
   */
  data?: { readonly [name: string]: StandardSchema }
  /** The tools of answers by name; calls of others fail. @default any JSON under any name */
  tools?: { readonly [name: string]: ToolSchemas }
}

/** The members are named as those of the AI SDK's tools, so that a tool can be made of them. */
export interface ToolSchemas {
  /** It must take what it makes: the AI SDK validates with it, and the server again. */
  inputSchema: StandardSchema
  /** @default any JSON */
  outputSchema?: StandardSchema
}

/**
 * Tells the types of all packages what an application declares:
 *
 * ```ts
 * declare module '@caughtup/schema' {
 *   interface Register {
 *     schemas: typeof chatSchemas
 *   }
 * }
 * ```
 */
export interface Register {}

/** What is declared; a type without members if nothing is. */
type Declared = Register extends { schemas: infer Schemas } ? Schemas : object

/** What a declared schema makes, else `Otherwise`. */
export type OutputOfDeclared<Name extends keyof ChatSchemas, Otherwise> =
  Declared extends Record<Name, infer Schema> ? OutputOf<Schema> : Otherwise

/** What a declared schema takes, else `Otherwise`. */
export type InputOfDeclared<Name extends keyof ChatSchemas, Otherwise> =
  Declared extends Record<Name, infer Schema> ? InputOf<Schema> : Otherwise

/** `Plain` data parts, or those of the declared names with their data. */
export type DeclaredData<Plain, Way extends 'input' | 'output'> =
  Declared extends Record<'data', infer Data> ? DataNamed<Plain, Data, Way> : Plain

/** `Plain` tool parts, or those of the declared tools with their inputs and outputs. */
export type DeclaredCalls<Plain> =
  Declared extends Record<'tools', infer Tools> ? CallsOf<Plain, Tools> : Plain

/** What a client may give as the output of a tool call. */
export type DeclaredOutput =
  Declared extends Record<'tools', infer Tools> ? OutputGiven<Tools[keyof Tools]> : unknown

type DataNamed<Plain, Data, Way extends 'input' | 'output'> = {
  [Name in keyof Data & string]: {
    [Member in keyof Plain]: Member extends 'type'
      ? `data-${Name}`
      : Member extends 'data'
        ? Way extends 'input'
          ? InputOf<Data[Name]>
          : OutputOf<Data[Name]>
        : Plain[Member]
  }
}[keyof Data & string]

/**
 * The input of a call may be what a model made up while it streams and once the call has failed; the tool
 * may not exist then.
 */
type CallsOf<Plain, Tools> = Plain extends { state: 'input-streaming' | 'output-error' }
  ? Plain
  : {
      [Name in keyof Tools & string]: {
        [Member in keyof Plain]: Member extends 'toolName'
          ? Name
          : Member extends 'input'
            ? SchemaIn<Tools[Name], 'inputSchema'>
            : Member extends 'output'
              ? SchemaIn<Tools[Name], 'outputSchema'>
              : Plain[Member]
      }
    }[keyof Tools & string]

type SchemaIn<Tool, Name extends keyof ToolSchemas> =
  Tool extends Record<Name, infer Schema> ? OutputOf<Schema> : unknown

type OutputGiven<Tool> = Tool extends { outputSchema: infer Schema } ? InputOf<Schema> : unknown
