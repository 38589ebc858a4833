import {
  CaughtupError,
  type ChatSchemas,
  type Issue,
  preview,
  type StandardSchema,
} from '@caughtup/schema'

/**
 * A value as the host's schema makes it, or as it is without a schema.
 *
 * @throws CaughtupError `BAD_INPUT` with the path of what is wrong, which begins with `field`
 */
export async function declaredValue(
  schema: StandardSchema | undefined,
  value: unknown,
  field: string,
): Promise<unknown> {
  if (!schema) return value
  const result = await schema['~standard'].validate(value)
  if (result.issues) throw refused(value, field, result.issues[0])
  return result.value
}

/**
 * The same for what has to be an object.
 *
 * @throws CaughtupError `BAD_INPUT` as `declaredValue`; TypeError if the schema makes something else
 */
export async function declaredObject<T extends object>(
  schema: StandardSchema | undefined,
  value: T,
  field: string,
): Promise<T> {
  if (!schema) return value
  const made = await declaredValue(schema, value, field)
  if (isObjectOf<T>(made)) return made
  throw new TypeError(`The schema of \`${field}\` must make an object, not ${preview(made)}.`)
}

/** The type is the host's word; the store refuses what has no JSON form. */
function isObjectOf<T extends object>(value: unknown): value is T {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(whole: unknown, name: string, issue: Issue | undefined): CaughtupError {
  const keys = (issue?.path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
  const field = [name, ...keys.map(String)].join('.')
  const value = keys.reduce<unknown>((inner, key) => Object(inner)[key], whole)
  const message = `${field}: ${issue?.message ?? 'is not allowed'}`
  return new CaughtupError('BAD_INPUT', message, { field, value: preview(value) })
}

/** @throws TypeError for a declaration that is no Standard Schema */
export function assertSchemas(schemas: ChatSchemas): void {
  const { principal, sessionMetadata, messageMetadata, data = {}, tools = {} } = schemas
  assertSchema('principal', principal)
  assertSchema('sessionMetadata', sessionMetadata)
  assertSchema('messageMetadata', messageMetadata)
  for (const [name, schema] of Object.entries(data)) assertSchema(`data.${name}`, schema, 'needed')
  for (const [name, tool] of Object.entries(tools)) {
    assertSchema(`tools.${name}.inputSchema`, tool.inputSchema, 'needed')
    assertSchema(`tools.${name}.outputSchema`, tool.outputSchema)
  }
}

function assertSchema(name: string, schema: unknown, isNeeded?: 'needed'): void {
  if (schema === undefined && !isNeeded) return
  const standard: unknown = Object(schema)['~standard']
  if (typeof Object(standard)['validate'] === 'function') return
  throw new TypeError(
    `createChatServer: \`schemas.${name}\` must be a Standard Schema, not ${preview(schema)}.`,
  )
}
