import { CaughtupError, preview } from '@caughtup/schema'

/** The target of a copy has a session that is not a copy of this one. */
export function sessionExistsThere(sessionId: string): CaughtupError {
  return conflict(
    sessionId,
    'session-exists',
    'is in the target too, and is not a copy: delete it in one of the two databases, or copy to another database or schema.',
  )
}

/** The source of a copy has entries that its copy lacks. */
export function copyOutdated(sessionId: string): CaughtupError {
  return conflict(
    sessionId,
    'session-changed',
    'was written to after it was copied, so that the two differ: delete the one that is wrong and copy again.',
  )
}

/** Another copying has begun with the same session. */
export function copyOvertaken(sessionId: string): CaughtupError {
  return conflict(
    sessionId,
    'copy-overtaken',
    'is being copied to the same target by somebody else: let that end, and copy again.',
  )
}

function conflict(sessionId: string, reason: string, what: string): CaughtupError {
  const told = preview(sessionId)
  return new CaughtupError('CONFLICT', `Session ${told} ${what}`, {
    field: 'sessionId',
    value: told,
    reason,
  })
}
