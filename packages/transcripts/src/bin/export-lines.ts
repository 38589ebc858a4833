import type { Store } from '@caughtup/store'

import { jsonBytes } from '../base/values.ts'
import { maxLineBytes } from '../reading/read-lines.ts'
import type { ExportCommand } from './command.ts'
import { exportSession } from './export-session.ts'
import type { Report } from './report.ts'

/**
 * The lines of an export: the messages of the named session, or a conversation for each of the owner's
 * sessions, newest first.
 */
export async function* exportLines(
  store: Store,
  { whose, format = 'ui' }: ExportCommand,
  report: Report,
): AsyncGenerator<string, void, undefined> {
  if (whose.session !== undefined) {
    for await (const value of exportSession(store, whose.session, format, report)) {
      yield `${JSON.stringify(value)}\n`
    }
  } else {
    let sessions = 0
    for await (const { id, title } of sessionsOf(store, whose.owner)) {
      sessions += 1
      const messages = await upTo(maxLineBytes, exportSession(store, id, format, report))
      if (messages) yield `${JSON.stringify({ id, title, messages })}\n`
      else report.leftOut(id, `it is too long for one line; export it with --session ${id}`)
    }
    if (sessions === 0) report.say(`caughtup: No sessions belong to ${whose.owner}.`)
  }
}

async function* sessionsOf(store: Store, owner: string) {
  const limit = store.limits.pageMost
  for (let cursor: string | undefined | null; cursor !== null;) {
    const page = await store.sessions.list(owner, { limit, ...(cursor && { cursor }) })
    yield* page.sessions
    cursor = page.nextCursor
  }
}

/** The values, unless their JSON takes more than `bytes`. */
async function upTo(bytes: number, values: AsyncIterable<unknown>): Promise<unknown[] | undefined> {
  const held: unknown[] = []
  let size = 0
  for await (const value of values) {
    size += jsonBytes(value) + 1
    if (size > bytes) return undefined
    held.push(value)
  }
  return held
}
