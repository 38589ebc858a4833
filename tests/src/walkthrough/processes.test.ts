import { createChatClient, sse } from '@caughtup/web-client'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { DemoProcess } from './demo-process.ts'

/** What `/processes` answers. */
interface Served {
  processes: { id: number; pid: number; state: string }[]
  streams: { kind: string; process: number }[]
}

describe('the demo on three processes', () => {
  let demo: DemoProcess

  beforeAll(async () => {
    demo = await DemoProcess.start({ processes: 3 })
  }, 180_000)
  afterAll(() => demo?.end())

  async function served(page = ''): Promise<Served> {
    const response = await fetch(new URL(`/processes?page=${page}`, demo.url))
    return (await response.json()) as Served
  }

  /** Resolves when all processes serve, and that one is another than it was. */
  async function startedAgain({ id, pid }: Served['processes'][number]): Promise<void> {
    const isWell = (now: Served['processes'][number]) =>
      now.state === 'serving' && (now.id !== id || now.pid !== pid)
    await expect.poll(async () => (await served()).processes.every(isWell)).toBe(true)
  }

  test('a client whose stream is on a process that is killed goes on at another one, and lacks nothing', async () => {
    let runner: string | null = null
    const client = createChatClient({
      link: sse({
        url: new URL('/rpc?page=tested', demo.url),
        fetch: async (input, init) => {
          const request = new Request(input, init)
          const response = await fetch(request)
          if (request.url.includes('/messages/send'))
            runner = response.headers.get('x-demo-process')
          return response
        },
      }),
    })
    onTestFinished(() => client.close())
    const { id: sessionId } = await client.rpc.sessions.create({})
    const view = client.session(sessionId)
    onTestFinished(view.subscribe(() => {}))
    const text = () =>
      (view.getSnapshot().messages.at(-1)?.parts ?? [])
        .map((part) => (part.type === 'text' ? part.text : ''))
        .join('')
    // Longer than all of this takes on any machine.
    await view.send('/count 30000 200')
    // The run would be lost with its process: the stream moves until it is on another one.
    let stream: number | undefined
    const isElsewhere = async () => {
      stream = (await served('tested')).streams.find(({ kind }) => kind === 'chat')?.process
      if (String(stream) === runner) view.reconnect()
      return runner !== null && stream !== undefined && String(stream) !== runner
    }
    await expect.poll(isElsewhere).toBe(true)
    await expect.poll(() => view.getSnapshot().connection.status).toBe('live')
    const { connects } = view.stats()
    const killed = (await served()).processes.find(({ id }) => id === stream)!
    const response = await fetch(new URL(`/kill?process=${killed.id}`, demo.url), {
      method: 'POST',
      headers: { 'x-demo': 'kill' },
    })
    expect(response.status).toBe(202)
    await expect.poll(() => view.stats().connects).toBeGreaterThan(connects)
    await expect.poll(() => view.getSnapshot().connection.status).toBe('live')
    const shown = text().length
    await expect.poll(() => text().length).toBeGreaterThan(shown + 300)
    await view.interrupt()
    await expect.poll(() => view.getSnapshot().run).toBeUndefined()
    const { messages } = view.getSnapshot()
    expect(countedTo(30_000).startsWith(text())).toBe(true)
    expect(messages.at(-1)?.metadata.finishReason).toBe('interrupted')
    expect((await client.rpc.history.loadMore({ sessionId })).messages).toEqual(messages)
  })

  test.skipIf(skipBrowserTests())(
    'the drawer shows the processes, and when one is killed there the chat goes on',
    async () => {
      const browser = await launchBrowser()
      onTestFinished(() => browser.close())
      const tab = await DemoPage.openNew(browser, demo.url)
      await tab.page.getByRole('button', { name: 'Under the hood' }).click()
      await expect
        .poll(() => tab.page.locator('[data-testid=process][data-state=serving]').count())
        .toBe(3)
      const metric = await tab.page.locator('[data-metric=process-of-websocket]').innerText()
      const { processes } = await served()
      const serving = processes.find(({ id }) => metric === `process ${id}`)!
      const connects = () =>
        tab.page.evaluate(
          (id) => window.caughtup!.client.session(id).stats().connects,
          tab.sessionId,
        )
      const before = await connects()
      await tab.page.getByRole('button', { name: `Kill process ${serving.id}` }).click()
      await expect.poll(connects).toBeGreaterThan(before)
      await tab.live()
      await tab.send('/count 200 200')
      await tab.idle()
      expect(await tab.answer()).toBe(countedTo(200))

      // The tour kills the process of its stream; its run is lost, or goes on in another one.
      await tab.page.goto(`${demo.url}?transport=sse`)
      await tab.page.getByRole('button', { name: 'Take the tour' }).click()
      const card = tab.page.locator('[data-testid=tour-step][data-step=kill]')
      await card.getByRole('button').first().click()
      await card.locator('[data-testid=verdict]').waitFor({ timeout: 120_000 })
      expect(await card.getByTestId('verdict').innerText()).toMatch(
        /; 0 missing, 0 twice; live again .* after the kill; the run (ended as lost|went on in another process)\.$/,
      )
      await startedAgain(serving)
    },
  )
})
