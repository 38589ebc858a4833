import { CaughtupError, preview, type SessionMetadata } from '@caughtup/schema'

import type { Settings } from '../host/server-options.ts'
import type { Issue } from '../host/standard-schema.ts'

/**
 * The metadata of a call as the host's schema makes them, or as they are if it declares none.
 *
 * @throws CaughtupError `BAD_INPUT` with the path of what is wrong; TypeError if the schema makes
 *   something else than an object
 */
export async function declaredMetadata(
  metadata: SessionMetadata,
  { schemas: { sessionMetadata: schema } }: Pick<Settings, 'schemas'>,
): Promise<SessionMetadata> {
  if (!schema) return metadata
  const result = await schema['~standard'].validate(metadata)
  if (result.issues) throw refused(metadata, result.issues[0])
  const { value } = result
  if (isObject(value)) return value
  throw new TypeError(`\`schemas.sessionMetadata\` must make an object, not ${preview(value)}.`)
}

/** The store refuses what has no JSON form. */
function isObject(value: unknown): value is SessionMetadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(metadata: SessionMetadata, issue: Issue | undefined): CaughtupError {
  const keys = (issue?.path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
  const field = ['metadata', ...keys.map(String)].join('.')
  const value = keys.reduce<unknown>((inner, key) => Object(inner)[key], metadata)
  const message = `${field}: ${issue?.message ?? 'is not allowed'}`
  return new CaughtupError('BAD_INPUT', message, { field, value: preview(value) })
}
