import type { Message, Page } from '@caughtup/schema'

/** A page with these messages, as it was at `asOf`, with nothing before and after it unless said so. */
export function pageOf(
  messages: readonly Message[],
  asOf: number,
  { hasOlder = false, hasNewer = false } = {},
): Page {
  const [first, last] = [messages[0], messages.at(-1)]
  return {
    messages: [...messages],
    nextCursor: hasOlder && first ? { before: first.order } : null,
    hasOlder,
    newerCursor: hasNewer && last ? { after: last.order } : null,
    hasNewer,
    epoch: first?.epoch ?? 0,
    asOf,
  }
}
