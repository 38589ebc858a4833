import path from 'node:path'

import type { Page } from 'playwright-core'

/** The page that is recorded, and that a release's databases are shown to. */
export const keptPage = path.resolve(import.meta.dirname, '../../browser/offline/page.ts')

/** What the page shows while its server is down, once that is all that was kept. */
export async function shownOffline(page: Page, prompts: number): Promise<unknown> {
  await page.waitForFunction(
    (count) =>
      window.offlinePage.session.getSnapshot().connection.attempts > 1 &&
      window.offlinePage.session.getSnapshot().messages.length > 0 &&
      window.offlinePage.pending().length === count,
    prompts,
  )
  return page.evaluate(() => {
    const { messages, stale, run, epoch, canUndo, hasOlder } =
      window.offlinePage.session.getSnapshot()
    const pending = window.offlinePage.pending()
    return JSON.parse(
      JSON.stringify({ messages, stale, run, epoch, canUndo, hasOlder, pending }),
    ) as unknown
  })
}
