import type { PromptPlace, PromptStep } from '../../src/port/reading.ts'
import type { IdleSession } from '../../src/port/sessions.ts'
import type { Storage } from '../../src/port/storage.ts'

/** All idle sessions, then page by page those of the first half of times. */
export async function idlePages(storage: Storage, limit: number) {
  const all = await storage.idleSessions({ until: Infinity, limit: 1_000 })
  const until = all[all.length >> 1]?.updatedAt ?? 0
  const pages: IdleSession[][] = [all]
  for (let after: IdleSession | undefined; ;) {
    const page = await storage.idleSessions({ until, limit, ...(after && { after }) })
    pages.push(page)
    after = page.at(-1)
    if (!after) return pages
  }
}

export async function promptPages(
  storage: Storage,
  author: string,
  { limit, bytes }: { limit: number; bytes: number },
) {
  const pages: unknown[] = []
  for (let after: PromptPlace | undefined; ;) {
    const page: PromptStep = await storage.prompts({
      author,
      limit,
      bytes,
      ...(after && { after }),
    })
    // The numbers of sessions are the engine's own.
    pages.push({ ...page, ...(page.next && { next: { ...page.next, session: 0 } }) })
    after = page.next
    if (!after) return pages
  }
}

/** In an order of their own. */
export async function holders(storage: Storage) {
  const found = await storage.owed.holders()
  return found.toSorted((a, b) => (a.process < b.process ? -1 : 1))
}

export async function activeRuns(storage: Storage, others?: readonly string[]) {
  const found = await storage.activeRuns(others)
  return found.toSorted((a, b) => (a.sessionId < b.sessionId ? -1 : 1))
}
