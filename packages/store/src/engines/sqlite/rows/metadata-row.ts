import { parseJson, type Session, sessionMetadata, type SessionMetadata } from '@caughtup/schema'

import type { Database, Row } from '../file/database.ts'

/** The column `metadata` of a session's row. */
export function encodeMetadata(metadata: SessionMetadata | undefined): string | null {
  return metadata ? JSON.stringify(metadata) : null
}

/** A session's metadata, if it has any; what cannot be decoded is counted, and absent. */
export function metadataIn({ metadata }: Row, db: Database): Pick<Session, 'metadata'> {
  if (typeof metadata !== 'string') return {}
  const { data } = sessionMetadata.safeParse(jsonIn(metadata))
  if (!data) db.unreadable++
  return data ? { metadata: data } : {}
}

function jsonIn(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
