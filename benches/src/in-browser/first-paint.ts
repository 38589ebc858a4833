import { type Bench, type Case, figure, ours, type Row } from '../measure/bench.ts'
import { median } from '../measure/median.ts'
import { openSite, type PageName } from './chat-site.ts'
import { MeasuredPage } from './measured-page.ts'

/** Odd, so that a median is one of the measurements. */
const openings = 5
/** Of each request, in ms: a server on the same continent. */
const latency = 100
const messages = 1_000
/** The client writes its cache when nothing has happened for 2 s. */
const cacheWrittenAfter = 3_000

interface Side {
  side: string
  how: string
  page: PageName
  query: Record<string, string>
}

const sides: readonly Side[] = [
  { side: ours, how: 'without a cache', page: 'opening', query: {} },
  { side: ours, how: 'with a cache', page: 'opening', query: { cache: '' } },
  {
    side: 'AI SDK useChat',
    how: 'all messages fetched first',
    page: 'opening-use-chat',
    query: {},
  },
]

export const firstPaint: Bench = {
  name: 'first-paint',
  question:
    'How soon a page shows a session of 1,000 messages, in Chromium, 100 ms from its server.',
  inBrowser: true,
  columns: [
    { key: 'side', title: 'side' },
    { key: 'how', title: 'the page opens' },
    { key: 'shown', title: 'messages on screen, ms after the navigation' },
    { key: 'live', title: 'live, ms after it' },
    { key: 'bytes', title: 'read beside the script, kB', digits: 1 },
  ],
  cases: ({ smoke }) =>
    sides
      .filter(({ how }) => !smoke || how === 'with a cache')
      .map((side): Case => ({
        title: `${side.side}, ${side.how}`,
        measure: async () => [await measure(side, smoke ? 1 : openings)],
      })),
  goals(rows) {
    const [plain, cached] = rows
    if (!plain || !cached) return []
    return [
      {
        goal: 'with a cache the messages are on screen earlier than without one',
        measured: figure(plain, 'shown') / figure(cached, 'shown'),
        unit: '×',
        bound: { least: 1 },
      },
    ]
  },
  notes: [
    'Each opening is a new page in the same browser profile, whose HTTP cache is off. Ours shows a window of 100 messages; a page on `useChat` has to load its messages itself, here all of them.',
  ],
}

async function measure({ page: name, query, side, how }: Side, times: number): Promise<Row> {
  const site = await openSite(name, messages, { tokens: 0, perSecond: 1, onToken: () => {} })
  const measured = await MeasuredPage.launch()
  try {
    const { page } = measured
    await measured.delayNetwork(latency)
    const url = `${site.url}/?${new URLSearchParams({ session: site.sessionId, ...query })}`
    const shown: number[] = []
    const live: number[] = []
    const bytes: number[] = []
    // The first opening fills the cache, and counts for nobody.
    for (let opening = 0; opening <= times; opening++) {
      await page.goto('about:blank')
      const before = measured.bytes
      await page.goto(url)
      await page.waitForFunction(() => window.opened.live !== undefined)
      const opened = await page.evaluate(() => window.opened)
      if (opening === 0 && times > 1) await page.waitForTimeout(cacheWrittenAfter)
      if (opening > 0) {
        shown.push(opened.shown ?? 0)
        live.push(opened.live ?? 0)
        bytes.push((measured.bytes - before - site.pageBytes) / 1_000)
      }
    }
    return { side, how, shown: median(shown), live: median(live), bytes: median(bytes) }
  } finally {
    await measured.close()
    await site.close()
  }
}
