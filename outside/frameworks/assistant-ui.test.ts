import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../../tests/src/browser/browser.ts'
import { assistantUi, buildModule } from './build-frameworks.ts'
import { type ChatSite, openChatSite } from './chat-site.ts'

const rows = ({ page }: ChatSite) => page.locator('p').allTextContents()
const say = (text: string) => ({ type: 'text-delta', text }) as const

describe.skipIf(skipBrowserTests())('assistant-ui', () => {
  let browser: Awaited<ReturnType<typeof launchBrowser>>
  let script: string
  beforeAll(async () => {
    script = await buildModule(assistantUi, 'draw', 'browser')
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  const open = async (old = 0) => {
    const site = await openChatSite(browser, { script, old })
    await site.page.evaluate(() => window.chatPage.draw())
    return site
  }
  const ask = async ({ page }: ChatSite, text: string) => {
    await page.fill('textarea', text)
    await page.press('textarea', 'Enter')
  }

  test('an answer whose connection is cut is caught up: exact, nothing twice', async () => {
    await using site = await open(3)
    await expect.poll(() => rows(site)).toEqual(['Old 0', 'Old 1', 'Old 2'])
    await ask(site, 'What is new?')
    const run = await site.run()
    const pieces = Array.from({ length: 30 }, (_, piece) => `piece ${piece} `)
    await run.yields(...pieces.slice(0, 10).map(say))
    await expect.poll(async () => (await rows(site)).at(-1)).toBe(pieces.slice(0, 10).join(''))
    site.cutNext()
    await run.yields(...pieces.slice(10).map(say))
    run.finish()
    const whole = ['Old 0', 'Old 1', 'Old 2', 'What is new?', pieces.join('')]
    await expect.poll(() => rows(site)).toEqual(whole)
    expect(site.faults).toEqual({ cut: 1 })
    await site.page.evaluate(() => window.chatPage.leave())
    await expect.poll(() => site.openStreams()).toBe(0)
  })

  test('a prompt is edited and an answer given again, as versions of the session', async () => {
    await using site = await open()
    const { page } = site
    await ask(site, 'Frist')
    const first = await site.run()
    await first.yields(say('One.'))
    first.finish()
    await expect.poll(() => rows(site)).toEqual(['Frist', 'One.'])
    await page.getByText('Edit').click()
    await page.fill('[aria-label="Edited prompt"]', 'First')
    await page.getByText('Send again').click()
    const second = await site.run()
    await second.yields(say('Two.'))
    second.finish()
    await expect.poll(() => rows(site)).toEqual(['First', 'Two.'])
    await page.getByText('Answer again').click()
    const third = await site.run()
    await third.yields(say('Three.'))
    third.finish()
    await expect.poll(() => rows(site)).toEqual(['First', 'Three.'])
    const versions = () =>
      page.evaluate(() =>
        window.chatPage.session.getSnapshot().messages.map(({ version }) => version?.count),
      )
    await expect.poll(versions).toEqual([2, 2])
  })

  test('a run waits for an approval and for a result, and goes on with the answers', async () => {
    await using site = await open()
    const { page } = site
    await ask(site, 'Remove it')
    const run = await site.run()
    const toolCall = { toolCallId: 'remove', toolName: 'remove', input: { path: 'x' } }
    await run.yields(
      { type: 'tool-call', ...toolCall },
      { type: 'tool-approval-request', approvalId: 'a', toolCall },
      { type: 'tool-call', toolCallId: 'place', toolName: 'place', input: {} },
    )
    run.finish()
    await page.getByText('Allow remove').click()
    await page.locator('button', { hasText: 'place' }).click()
    const continued = await site.run()
    expect(continued.context.messages.at(-1)?.parts).toMatchObject([
      { toolCallId: 'remove', state: 'approval-responded', approval: { id: 'a', approved: true } },
      { toolCallId: 'place', state: 'output-available', output: 'Here' },
    ])
    await continued.yields(say('Removed.'))
    continued.finish()
    await expect.poll(() => rows(site)).toEqual(['Remove it', 'Removed.'])
  })

  test('prompts wait in the queue of the session, can be removed, and a stop ends the run', async () => {
    await using site = await open()
    const { page } = site
    await ask(site, 'Long')
    const run = await site.run()
    await run.yields(say('Once upon'))
    await expect.poll(() => rows(site)).toEqual(['Long', 'Once upon'])
    await ask(site, 'Next')
    await expect.poll(() => page.locator('li').allTextContents()).toEqual(['Next Remove'])
    await page.getByText('Remove').click()
    await expect.poll(() => page.locator('li').count()).toBe(0)
    await page.getByText('Stop').click()
    await expect
      .poll(() =>
        page.evaluate(() => window.chatPage.session.getSnapshot().messages.at(-1)?.status),
      )
      .toBe('done')
    expect(run.context.signal.aborted).toBe(true)
    expect(await rows(site)).toEqual(['Long', 'Once upon'])
  })
})
