import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { SteppedAgent } from '../../system/stepped-agent.ts'
import { axeProblems } from '../axe-problems.ts'
import { launchBrowser, skipBrowserTests } from '../browser.ts'
import { buildPage } from '../build-page.ts'
import { ChatSite } from '../offline/chat-site.ts'
import { FileServer } from './file-server.ts'
import type { WritingPage } from './page.tsx'

declare global {
  interface Window {
    writingPage: WritingPage
  }
}

/** One transparent pixel. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
const png = (name: string, buffer = pixel) => ({ name, mimeType: 'image/png', buffer })

describe.skipIf(skipBrowserTests())('writing prompts with the components', () => {
  let browser: Browser
  let script: string
  let site: ChatSite
  let context: BrowserContext
  let session: string
  let agent: SteppedAgent
  let files: FileServer

  beforeAll(async () => {
    script = await buildPage(path.join(import.meta.dirname, 'page.tsx'))
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    agent = new SteppedAgent()
    files = new FileServer()
    site = await ChatSite.start(script, agent.agent, files.handle)
    context = await browser.newContext()
    session = (await site.store.sessions.create({ owner: 'ann' })).id
  })
  afterEach(async () => {
    await context.close()
    await site.close()
  })

  async function open(upload?: 'yes', sessionId = session) {
    const asked = { user: 'ann', link: 'sse' as const, session: sessionId }
    const page = await site.open(context, { ...asked, ...(upload && { upload }) }, 'writingPage')
    await page.waitForFunction(
      () => window.writingPage.session.getSnapshot().connection.status === 'live',
    )
    return { page, ...parts(page) }
  }
  const parts = (page: Page) => ({
    field: page.getByRole('textbox', { name: 'Message' }),
    send: page.getByRole('button', { name: 'Send' }),
    input: page.getByLabel('Files', { exact: true }),
    attached: page.getByRole('list', { name: 'Attached' }).getByRole('listitem'),
    sent: page.getByRole('list', { name: 'Sent' }).getByRole('listitem'),
    pending: page.getByRole('list', { name: 'Pending' }).getByRole('listitem'),
    queue: page.getByRole('list', { name: 'Queue' }).getByRole('listitem'),
  })
  const focused = (page: Page) =>
    page.evaluate(() => {
      const element = document.activeElement
      const row = element?.closest('li')?.querySelector('span')?.textContent
      return [element?.getAttribute('aria-label'), row].filter(Boolean).join(' of ')
    })
  /** The file of the only prompt, as the session has it. */
  const sentFile = (page: Page) =>
    page.evaluate(() => {
      const { messages } = window.writingPage.session.getSnapshot()
      const file = messages.flatMap((one) => one.parts).find(({ type }) => type === 'file')
      return file?.type === 'file' ? file : undefined
    })

  test('the keyboard alone writes, breaks lines, sends, steers and stops', async () => {
    const { page, field, sent, queue } = await open()
    const { keyboard } = page
    await field.focus()
    await keyboard.type('one')
    await keyboard.press('Shift+Enter')
    await keyboard.type('two')
    expect(await field.evaluate((it) => it.scrollHeight - it.clientHeight)).toBeLessThan(2)
    const twoLines = await field.evaluate((it) => it.clientHeight)
    await keyboard.press('Enter')
    await expect.poll(() => sent.allTextContents()).toEqual(['one\ntwo'])
    expect(await field.inputValue()).toBe('')
    expect(await field.evaluate((it) => it.clientHeight)).toBeLessThan(twoLines)
    expect(await focused(page)).toBe('Message')
    expect(await page.evaluate(() => window.writingPage.typing.at(-1))).toBe(false)

    const run = await agent.run()
    await run.yields({ type: 'text-delta', text: 'An answer' })
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    await keyboard.type('later')
    await keyboard.press('Enter')
    await expect.poll(() => queue.getByText('later').count()).toBe(1)
    await keyboard.type('now')
    await keyboard.press('Control+Enter')
    await expect.poll(() => page.locator('li[data-state=steering]').innerText()).toContain('now')
    await keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Stop')
    await keyboard.press('Enter')
    await expect.poll(() => focused(page)).toBe('Message')
    await expect.poll(() => sent.allTextContents()).toContain('now')
  })

  test('the Enter of an input method confirms a character and does not send', async () => {
    const { page, field, sent } = await open()
    const devtools = await context.newCDPSession(page)
    await field.focus()
    await devtools.send('Input.imeSetComposition', {
      text: 'かん',
      selectionStart: 2,
      selectionEnd: 2,
    })
    await page.keyboard.press('Enter')
    await devtools.send('Input.insertText', { text: '漢' })
    expect(await field.inputValue()).toContain('漢')
    expect(await page.evaluate(() => window.writingPage.session.getSnapshot().pending)).toEqual([])
    await field.fill('漢')
    await page.keyboard.press('Enter')
    await expect.poll(() => sent.allTextContents()).toEqual(['漢'])
  })

  test('a draft outlives a reload, in its session only, and not its sending', async () => {
    const { page, field, sent } = await open()
    await field.fill('not yet')
    await page.reload()
    await expect.poll(() => field.inputValue()).toBe('not yet')
    const { id } = await site.store.sessions.create({ owner: 'ann' })
    const other = await open(undefined, id)
    expect(await other.field.inputValue()).toBe('')
    await field.press('Enter')
    await expect.poll(() => sent.count()).toBe(1)
    await page.reload()
    await sent.waitFor()
    expect(await field.inputValue()).toBe('')
  })

  test('a storage that refuses everything costs the draft only', async () => {
    await context.addInitScript(() => {
      for (const method of ['getItem', 'setItem', 'removeItem'] as const) {
        Storage.prototype[method] = () => {
          throw new DOMException('full', 'QuotaExceededError')
        }
      }
    })
    const { page, field, sent } = await open()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await field.fill('all the same')
    await field.press('Enter')
    await expect.poll(() => sent.allTextContents()).toEqual(['all the same'])
    expect(errors).toEqual([])
  })

  test('an image is pasted, and goes with the prompt', async () => {
    const { page, field, attached, sent } = await open()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.bringToFront()
    await page.evaluate(
      async (data) => {
        const image = await (await fetch(data)).blob()
        await navigator.clipboard.write([new ClipboardItem({ 'image/png': image })])
      },
      `data:image/png;base64,${pixel.toString('base64')}`,
    )
    await field.focus()
    await page.keyboard.press('Control+V')
    await expect.poll(() => attached.getAttribute('data-state')).toBe('ready')
    await attached.getByRole('img').waitFor()
    await page.keyboard.press('Enter')
    await sent.waitFor()
    expect(await sentFile(page)).toMatchObject({ mediaType: 'image/png', url: /^data:image\/png/ })
    expect(await attached.count()).toBe(0)
  })

  test('a file that is dropped is attached, and text that is pasted is written', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-drop-'))
    try {
      const file = path.join(folder, 'dot.png')
      writeFileSync(file, pixel)
      const { page, field, attached } = await open()
      const box = (await field.boundingBox())!
      const devtools = await context.newCDPSession(page)
      const drag = (type: 'dragEnter' | 'dragOver' | 'drop') =>
        devtools.send('Input.dispatchDragEvent', {
          type,
          x: box.x + 5,
          y: box.y + 5,
          data: { items: [], files: [file], dragOperationsMask: 1 },
        })
      await drag('dragEnter')
      await drag('dragOver')
      await page.locator('form[data-dragging]').waitFor()
      await drag('drop')
      await page.locator('form:not([data-dragging])').waitFor()
      await attached.getByRole('img', { name: 'dot.png' }).waitFor()
      await page.evaluate(() => navigator.clipboard.writeText('a text').catch(() => {}))
      await field.fill('words')
      await field.press('ControlOrMeta+A')
      await field.press('ControlOrMeta+X')
      await field.press('ControlOrMeta+V')
      expect(await field.inputValue()).toBe('words')
      expect(await attached.count()).toBe(1)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('a large image is made smaller before it is embedded', async () => {
    const { page, input, attached, field, sent } = await open()
    const bytes = await input.evaluate(async (field: HTMLInputElement) => {
      const canvas = new OffscreenCanvas(2_000, 300)
      const drawing = canvas.getContext('2d')!
      const image = drawing.createImageData(canvas.width, canvas.height)
      // So much randomness is given at a time.
      for (let at = 0; at < image.data.length; at += 65_536) {
        crypto.getRandomValues(image.data.subarray(at, at + 65_536))
      }
      drawing.putImageData(image, 0, 0)
      const noise = await canvas.convertToBlob({ type: 'image/png' })
      const chosen = new DataTransfer()
      chosen.items.add(new File([noise], 'noise.png', { type: 'image/png' }))
      field.files = chosen.files
      field.dispatchEvent(new Event('change', { bubbles: true }))
      return noise.size
    })
    expect(bytes).toBeGreaterThan(700_000)
    await expect.poll(() => attached.getAttribute('data-state')).toBe('ready')
    const size = await attached
      .getByRole('img', { name: 'noise.png' })
      .evaluate((shown: HTMLImageElement) => [shown.naturalWidth, shown.naturalHeight])
    expect(size).toEqual([1_568, 235])
    await field.press('Enter')
    await sent.waitFor()
    expect(await sentFile(page)).toMatchObject({ mediaType: 'image/jpeg', filename: 'noise.jpg' })
  })

  test('a file that was not uploaded says why and is uploaded again; until then nothing is sent', async () => {
    const { page, input, attached, field, send, sent } = await open('yes')
    await field.fill('Look')
    await input.setInputFiles(png('dot.png'))
    await attached.getByText('Uploading…').waitFor()
    expect(await send.isDisabled()).toBe(true)
    expect(await send.getAttribute('title')).toContain('when the files are uploaded')
    await field.press('Enter')
    const first = await files.next()
    expect(first.bytes).toBe(pixel.length)
    expect(await axeProblems(page)).toEqual([])
    first.refuse(500)
    await page.getByRole('alert').getByText('Not uploaded: The server answered 500.').waitFor()
    expect(await send.isDisabled()).toBe(true)
    expect(await axeProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Upload dot.png again' }).press('Enter')
    expect(await focused(page)).toBe('Message')
    const second = await files.next()
    second.accept('https://files.example/1')
    await expect.poll(() => attached.getAttribute('data-state')).toBe('ready')
    expect(await sent.count()).toBe(0)
    await field.press('Enter')
    await expect.poll(() => sent.allTextContents()).toEqual(['Look'])
    expect(await sentFile(page)).toMatchObject({
      url: 'https://files.example/1',
      filename: 'dot.png',
    })
  })

  test('removing a file aborts its upload', async () => {
    const { page, input, attached, send } = await open('yes')
    await input.setInputFiles(png('dot.png'))
    const file = await files.next()
    await page.getByRole('button', { name: 'Remove dot.png' }).press('Enter')
    await file.aborted
    expect(await attached.count()).toBe(0)
    expect(await focused(page)).toBe('Message')
    expect(await send.isDisabled()).toBe(true)
  })

  test('what is beyond the limits is refused in words that name it', async () => {
    const { page, input, attached } = await open('yes')
    const large = png('large.png', Buffer.alloc(2_000))
    await input.setInputFiles([png('a.png'), large, png('b.png'), png('c.png')])
    const alert = page.locator('form > [role=alert]')
    await expect
      .poll(() => alert.getByRole('paragraph').allTextContents())
      .toEqual([
        'large.png has 2.0 kB; a file may have 1.0 kB.',
        'c.png is one too many; a prompt may have 2 files.',
      ])
    expect(await attached.count()).toBe(2)
  })

  test('prompts that the server does not have yet are edited, cancelled and sent later', async () => {
    const { page, field, pending, sent } = await open()
    await site.down()
    // At the first attempt after a break a prompt is sent, and the server may have it.
    await page.waitForFunction(() => {
      const { status, attempts } = window.writingPage.session.getSnapshot().connection
      return status === 'waiting' && attempts > 0
    })
    for (const text of ['one', 'two', 'three']) {
      await field.fill(text)
      await field.press('Enter')
    }
    await expect.poll(() => page.locator('[data-state=unsent]').count()).toBe(3)
    await pending.first().getByText('Waits until it can be sent.').waitFor()
    expect(await axeProblems(page)).toEqual([])

    await pending.nth(1).getByRole('button', { name: 'Edit this prompt' }).press('Enter')
    expect(await focused(page)).toBe('Queued prompt')
    await page.keyboard.type(', edited')
    await page.keyboard.press('Enter')
    await pending.getByText('two, edited').waitFor()
    expect(await focused(page)).toBe('Edit this prompt of two, edited')
    await field.focus()
    await page.keyboard.press('Shift+Tab')
    await pending.nth(2).getByRole('button', { name: 'Cancel this prompt' }).press('Enter')
    await expect.poll(() => pending.count()).toBe(2)
    expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true)

    await site.up()
    const first = await agent.run()
    first.finish()
    await expect.poll(() => sent.allTextContents()).toEqual(['one', 'two, edited'])
    expect(await pending.count()).toBe(0)
  })

  test('a prompt that was refused for good says why, and is sent when it is changed', async () => {
    const { page, field, pending, sent } = await open()
    await field.fill('long '.repeat(60_000))
    await field.press('Enter')
    await pending.getByRole('alert').waitFor()
    expect(await pending.getByRole('alert').innerText()).toMatch(
      /^Not sent: The prompt has 299999 bytes/,
    )
    expect(await axeProblems(page)).toEqual([])
    await pending.getByRole('button', { name: 'Edit this prompt' }).press('Enter')
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type('short')
    await page.keyboard.press('Enter')
    await pending.getByText('short').waitFor()
    await pending.getByRole('button', { name: 'Try again' }).press('Enter')
    await expect.poll(() => sent.allTextContents()).toEqual(['short'])
    await expect
      .poll(() => page.evaluate(() => document.activeElement !== document.body))
      .toBe(true)
  })

  test('in the queue, the focus passes to the next prompt, and from the last one to where it came from', async () => {
    const { page, field, queue, sent } = await open()
    await field.fill('first')
    await field.press('Enter')
    const run = await agent.run()
    await run.yields({ type: 'text-delta', text: 'An answer' })
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    for (const text of ['one', 'two', 'three']) {
      await field.fill(text)
      await field.press('Enter')
    }
    await expect.poll(() => page.locator('li[data-state=queued]').count()).toBe(3)
    expect(await axeProblems(page)).toEqual([])

    await queue.nth(1).getByRole('button', { name: 'Edit this prompt' }).press('Enter')
    await page.keyboard.type('!')
    await page.keyboard.press('Escape')
    expect(await focused(page)).toBe('Edit this prompt of two')
    await page.keyboard.press('Enter')
    await page.keyboard.type('!')
    await page.keyboard.press('Enter')
    await queue.getByText('two!').waitFor()
    await expect.poll(() => focused(page)).toBe('Edit this prompt of two!')

    await queue.nth(1).getByRole('button', { name: 'Cancel this prompt' }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => focused(page)).toBe('Cancel this prompt of three')
    await page.keyboard.press('Enter')
    await expect.poll(() => focused(page)).toBe('Cancel this prompt of one')
    await page.keyboard.press('Enter')
    await expect.poll(() => queue.count()).toBe(0)
    await expect.poll(() => focused(page)).toBe('Message')
    run.finish()
    await expect.poll(() => sent.allTextContents()).toEqual(['first'])
    expect(await page.evaluate(() => window.writingPage.session.getSnapshot().queue)).toEqual([])
  })
})
