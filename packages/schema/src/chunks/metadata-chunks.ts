import { isObject, isSame } from './same-value.ts'
import type { UiChunk } from './ui-chunk.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * Of metadata that changed; `undefined` if a member is gone. Clients merge objects with what they have,
 * so one that lacks a member of before is said after `null`, which takes the old one away.
 */
export function metadataChunks(was: object, metadata: object): UiChunk[] | undefined {
  if (was === metadata) return []
  const [before, after]: [Members, Members] = [{ ...was }, { ...metadata }]
  if (hasLost(before, after)) return undefined
  const changed = Object.entries(after).filter(([name, value]) => !isSame(before[name], value))
  const emptied = changed.filter(([name, value]) => leavesOld(before[name], value))
  return [emptied.map(([name]) => [name, null]), changed].flatMap((members) =>
    members.length === 0
      ? []
      : [{ type: 'message-metadata' as const, messageMetadata: Object.fromEntries(members) }],
  )
}

/** Whether merging leaves a member, or one of a member, that is gone. */
function leavesOld(was: unknown, value: unknown): boolean {
  if (!isPlain(was) || !isPlain(value)) return false
  return hasLost(was, value) || Object.keys(was).some((name) => leavesOld(was[name], value[name]))
}

function hasLost(was: Members, value: Members): boolean {
  return Object.keys(was).some((name) => was[name] !== undefined && value[name] === undefined)
}

function isPlain(value: unknown): value is Members {
  return isObject(value) && !Array.isArray(value)
}
