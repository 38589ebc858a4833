import { messageMetadata } from '@caughtup/schema'

import type { ForeignRow } from '../../reconcile/foreign-row.ts'
import { isRecord } from '../bad-value.ts'
import { readTime } from '../read-time.ts'
import type { Note } from '../transcript.ts'

/** What is taken over; a run or a boundary of another session would be none here. */
const kept = messageMetadata.omit({ createdAt: true, runId: true, boundary: true })

/**
 * What a UI message's metadata, which may be anything, says of its time (a number of ms or an
 * ISO 8601 text) and of what else a message here has. The rest is noted and left.
 */
export function readMetadata(
  metadata: unknown,
  note: Note,
): Pick<ForeignRow, 'createdAt' | 'metadata'> {
  if (metadata == null) return {}
  if (!isRecord(metadata)) {
    note('metadata that is no object is not kept')
    return {}
  }
  const found: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(metadata)) {
    if (name === 'createdAt') continue
    const isKept = Object.hasOwn(kept.shape, name) && kept.safeParse({ [name]: value }).success
    if (isKept) found[name] = value
    else note(`metadata.${name} is not kept`)
  }
  const createdAt = readTime(metadata['createdAt'], 'ms')
  if (createdAt === undefined && metadata['createdAt'] != null) {
    note('metadata.createdAt that is no time is not kept')
  }
  const { data = {} } = kept.safeParse(found)
  return {
    ...(createdAt !== undefined && { createdAt }),
    ...(Object.keys(data).length > 0 && { metadata: data }),
  }
}
