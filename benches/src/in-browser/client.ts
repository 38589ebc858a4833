import { type Bench, type Case, figure, type Goal, ours, type Row } from '../measure/bench.ts'
import { openSite, type PageName } from './chat-site.ts'
import { MeasuredPage, type Spent } from './measured-page.ts'

const perSecond = 500
const tenths = 10
const useChat = 'AI SDK useChat'

interface Side {
  side: string
  how: string
  held: number
  tokens: number
  page: PageName
  query: Record<string, string>
}

const streamed = { side: ours, page: 'ours', held: 1_000, tokens: 10_000 } as const
const theirs = { side: useChat, page: 'use-chat', held: 1_000, tokens: 10_000 } as const

const sides: readonly Side[] = [
  { ...theirs, how: 'as it comes, memo rows', query: {} },
  { ...theirs, how: 'throttle 50, memo rows', query: { throttle: '50' } },
  { ...streamed, how: 'StreamingText', query: { way: 'streamed' } },
  {
    ...streamed,
    how: 'StreamingText, notifyEvery 50',
    query: { way: 'streamed', notifyEvery: '50' },
  },
  { ...streamed, how: 'useMessage', query: { way: 'selected' } },
  { ...streamed, how: 'useSession, memo rows', query: { way: 'whole' } },
  { ...streamed, held: 10, how: 'StreamingText', query: { way: 'streamed' } },
]

export const client: Bench = {
  name: 'client',
  rounds: 3,
  question: 'What an answer costs the page that shows it, in Chromium, beside useChat.',
  inBrowser: true,
  columns: [
    { key: 'side', title: 'side' },
    { key: 'how', title: 'how the page draws' },
    { key: 'held', title: 'messages' },
    { key: 'tokens', title: 'tokens' },
    { key: 'script', title: 'script, ms' },
    { key: 'firstTenth', title: 'script of the first tenth, ms' },
    { key: 'lastTenth', title: 'of the last tenth, ms' },
    { key: 'layout', title: 'layout, ms' },
    { key: 'task', title: 'main thread, ms' },
    { key: 'notifications', title: 'notifications/s', digits: 1 },
    { key: 'rows', title: 'rows drawn' },
    { key: 'longTasks', title: 'long tasks' },
    { key: 'longest', title: 'the longest, ms' },
    { key: 'bytes', title: 'bytes per token', digits: 1 },
    { key: 'heap', title: 'heap after, MB', digits: 1 },
  ],
  cases: ({ smoke }) =>
    (smoke ? sides.filter(({ how }) => how === 'StreamingText').slice(0, 1) : sides).map(
      (side): Case => ({
        title: `${side.side}, ${side.how}, ${side.held} messages`,
        measure: async () => [await measure(smoke ? { ...side, held: 20, tokens: 100 } : side)],
      }),
    ),
  goals(rows) {
    const of = (how: string, held = 1_000) =>
      rows.find((row) => row['how'] === how && row['held'] === held)
    const [asItComes, throttled] = [of('as it comes, memo rows'), of('throttle 50, memo rows')]
    const [each, every, few] = [
      of('StreamingText'),
      of('StreamingText, notifyEvery 50'),
      of('StreamingText', 10),
    ]
    if (!asItComes || !throttled || !each || !every || !few) return []
    const ratio = (one: Row, other: Row) => figure(one, 'script') / figure(other, 'script')
    return [
      {
        goal: 'StreamingText: ≥ 7 × less script than useChat as it comes',
        measured: ratio(asItComes, each),
        unit: '×',
        bound: { least: 7 },
      },
      {
        goal: 'StreamingText with notifyEvery 50: ≥ 2 × less script than useChat with throttle 50',
        measured: ratio(throttled, every),
        unit: '×',
        bound: { least: 2 },
      },
      {
        goal: 'the last tenth of an answer costs at most 1.5 × the script of the first',
        measured: figure(each, 'lastTenth') / figure(each, 'firstTenth'),
        unit: '×',
        bound: { most: 1.5 },
      },
      {
        goal: '1,000 messages held: at most 1.5 × the script of 10',
        measured: ratio(each, few),
        unit: '×',
        bound: { most: 1.5 },
      },
      {
        goal: 'StreamingText: no task of the main thread is longer than 50 ms',
        measured: figure(each, 'longest'),
        unit: 'ms',
        digits: 0,
        bound: { most: 50 },
      },
    ] satisfies Goal[]
  },
}

async function measure({ page: name, query, held, tokens, side, how }: Side): Promise<Row> {
  const measured = await MeasuredPage.launch()
  const { page } = measured
  const samples: Promise<Spent>[] = []
  const site = await openSite(name, held, {
    tokens,
    perSecond,
    onToken(said) {
      if (said % (tokens / tenths) === 0) samples.push(measured.spent())
    },
  })
  try {
    await page.goto(`${site.url}/?${new URLSearchParams({ session: site.sessionId, ...query })}`)
    await page.waitForSelector('body[data-ready]')
    await measured.heap()
    const bytesBefore = measured.bytes
    const before = await measured.spent()
    const start = performance.now()
    await page.evaluate(() => window.benchPage.ask())
    while (samples.length < tenths) await page.waitForTimeout(100)
    await page.waitForFunction(() => window.benchPage.done())
    const after = await measured.spent()
    const seconds = (performance.now() - start) / 1_000
    if ((await page.evaluate(() => window.benchPage.lastText())) !== site.expected) {
      throw new Error(`${side}, ${how}: the page does not show what was said`)
    }
    const figures = await page.evaluate(() => ({ ...window.benchPage }))
    const [first, ...later] = (await Promise.all(samples)).map(({ script }) => script)
    const [tenthBefore = 0, last = 0] = later.slice(-2)
    return {
      side,
      how,
      held,
      tokens,
      script: after.script - before.script,
      firstTenth: (first ?? 0) - before.script,
      lastTenth: last - tenthBefore,
      layout: after.layout - before.layout,
      task: after.task - before.task,
      notifications: figures.notifications / seconds,
      rows: figures.rows,
      longTasks: figures.longTasks.length,
      longest: Math.max(0, ...figures.longTasks),
      bytes: (measured.bytes - bytesBefore) / tokens,
      heap: await measured.heap(),
    }
  } finally {
    await measured.close()
    await site.close()
  }
}
