import type { Part } from '../model/part.ts'

/**
 * The ids under which a client finds tool calls and data parts. It takes the first one of several with
 * the same id. Models reuse ids, so one that an earlier part has is shown with the part's index.
 */
export function shownIds(parts: readonly Part[]): (string | undefined)[] {
  const taken = new Set<string>()
  return parts.map((part, index) => {
    const id = idOf(part)
    if (id === undefined) return undefined
    let shown = id
    while (taken.has(`${part.type} ${shown}`)) shown = withIndex(shown, index)
    taken.add(`${part.type} ${shown}`)
    return shown
  })
}

/** The id of an approval: its own, changed as that of its call. */
export function shownApprovalId(approvalId: string, isCallIdChanged: boolean, index: number) {
  return isCallIdChanged ? withIndex(approvalId, index) : approvalId
}

function idOf(part: Part): string | undefined {
  if (part.type === 'dynamic-tool') return part.toolCallId
  return 'data' in part ? part.id : undefined
}

function withIndex(id: string, index: number): string {
  return `${id}#${index}`
}
