import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { crc32, deflateSync } from 'node:zlib'

import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { DemoPage } from './demo-page.ts'
import { temporaryFolder } from './demo-process.ts'
import { withDemo } from './with-demo.ts'

const pixel = { name: 'dot.png', mimeType: 'image/png', buffer: picture(1) }
/** Of noise, so that it has 3 MB. */
const photo = { name: 'photo.png', mimeType: 'image/png', buffer: picture(1_000) }
const report = {
  name: 'report.pdf',
  mimeType: 'application/pdf',
  buffer: Buffer.from(`%PDF-1.7\n${'x'.repeat(99_991)}`),
}

type TestFile = typeof pixel

/** A PNG of random colours with sides of so many pixels. */
function picture(side: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const content = Buffer.concat([Buffer.from(type), data])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.byteLength)
    check.writeUInt32BE(crc32(content))
    return Buffer.concat([length, content, check])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(side, 0)
  head.writeUInt32BE(side, 4)
  head.set([8, 2], 8)
  const rows = Array.from({ length: side }, () =>
    Buffer.concat([Buffer.alloc(1), randomBytes(side * 3)]),
  )
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const field = (page: Page) => page.getByLabel('Files', { exact: true })
const attached = (page: Page) => page.getByRole('list', { name: 'Attached' })

async function attach(page: Page, file: TestFile): Promise<void> {
  await field(page).setInputFiles(file)
  await attached(page).locator('[data-state=ready]').waitFor()
}

/** The picture of the prompt: its address without the query, and its width as it was drawn. */
async function shown(page: Page): Promise<{ url: string; width: number }> {
  const image = page.getByRole('article', { name: 'You' }).getByRole('img')
  await image.waitFor()
  return image.evaluate(async (drawn: HTMLImageElement) => {
    await drawn.decode()
    return { url: drawn.src.replace(location.origin, ''), width: drawn.naturalWidth }
  })
}

describe.skipIf(skipBrowserTests())('files in the demo', () => {
  const demo = withDemo()

  const open = async (query = '') => {
    const tab = await DemoPage.openNew(demo.browser, `${demo.url}${query}`)
    onTestFinished(() => tab.close())
    return tab
  }

  test('a small image is in its prompt, and there on another device and after a reload', async () => {
    const tab = await open()
    await attach(tab.page, pixel)
    await tab.send('/count 3')
    await tab.idle()
    await expect.poll(() => attached(tab.page).count()).toBe(0)
    const other = await DemoPage.open(demo.browser, demo.url, tab.sessionId)
    onTestFinished(() => other.close())
    const there = await shown(other.page)
    expect(there).toEqual({ url: expect.stringMatching(/^data:image\/png/), width: 1 })
    await other.page.reload()
    expect(await shown(other.page)).toEqual(there)
  })

  test.each(['', '?as=ann', '?transport=sse'])(
    'with %j, a picture of 3 MB is made smaller, stored and shown by its URL, also after a reload and on another device',
    async (query) => {
      expect(photo.buffer.byteLength).toBeGreaterThan(3_000_000)
      const tab = await open(query)
      await attach(tab.page, photo)
      await tab.send('/count 3')
      await tab.idle()
      const { messages } = await tab.snapshot()
      const [file] = messages[0]!.parts
      // As JPEG: a third of the bytes.
      expect(file).toEqual({
        type: 'file',
        mediaType: 'image/jpeg',
        filename: 'photo.jpg',
        url: expect.stringContaining(`/rpc/attachments/${tab.sessionId}/`),
      })
      const there = { url: expect.stringMatching(/^\/rpc\/attachments\//), width: 1_000 }
      expect(await shown(tab.page)).toEqual(there)
      await tab.page.reload()
      expect(await shown(tab.page)).toEqual(there)
      // A page under the demo's policy, which `DemoPage` is exempt from.
      const page = await demo.browser.newPage()
      onTestFinished(() => page.close())
      const problems: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text())
      })
      await page.goto(`${demo.url}${query}#/s/${tab.sessionId}`)
      expect(await shown(page)).toEqual(there)
      expect(problems).toEqual([])
    },
  )

  test('an image is pasted from the clipboard, or dropped on the message box', async () => {
    const tab = await open()
    const { page } = tab
    const folder = temporaryFolder()
    onTestFinished(() => folder.remove())
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.bringToFront()
    await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))
      const image = new Blob([bytes], { type: 'image/png' })
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': image })])
    }, pixel.buffer.toString('base64'))
    await page.getByTestId('composer').focus()
    await page.keyboard.press('Control+V')
    const ready = attached(page).locator('[data-state=ready]')
    await expect.poll(() => ready.count()).toBe(1)

    const file = path.join(folder.path, 'dropped.png')
    writeFileSync(file, pixel.buffer)
    const { x, y } = (await page.getByTestId('composer').boundingBox())!
    const devtools = await page.context().newCDPSession(page)
    const data = { items: [], files: [file], dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await devtools.send('Input.dispatchDragEvent', { type, x: x + 5, y: y + 5, data })
    }
    await expect.poll(() => ready.count()).toBe(2)
    await page.keyboard.press('Enter')
    await tab.idle()
    const { messages } = await tab.snapshot()
    const files = messages[0]!.parts.flatMap((part) =>
      part.type === 'file' ? [`${part.filename} ${part.mediaType}`] : [],
    )
    expect(files).toEqual(['image.png image/png', 'dropped.png image/png'])
  })

  test('the guide says what it got, and a PDF can be saved', async () => {
    const tab = await open()
    await attach(tab.page, report)
    await tab.page.getByRole('button', { name: 'Send' }).click()
    await tab.idle()
    expect(await tab.answer()).toBe(
      'You attached `report.pdf` (application/pdf, 100.0 kB). I am not a language model, so I cannot look into it.',
    )
    const [download] = await Promise.all([
      tab.page.waitForEvent('download'),
      tab.page.getByRole('link', { name: 'report.pdf' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('report.pdf')
    const chunks: Buffer[] = []
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).equals(report.buffer)).toBe(true)
  })

  test('files that are attached before there is a chat go to the chat that the prompt makes', async () => {
    const tab = await DemoPage.open(demo.browser, `${demo.url}?as=new-user`)
    onTestFinished(() => tab.close())
    const chats = () =>
      tab.page.evaluate(async () => {
        const { sessions } = await window.caughtup!.client.rpc.sessions.list()
        return sessions.map(({ id }) => id)
      })
    await attach(tab.page, report)
    expect(await chats()).toEqual([])
    await tab.send('What is it?')
    await tab.page.waitForURL(/#\/s\//)
    const [id, ...others] = await chats()
    expect(others).toEqual([])
    tab.sessionId = id!
    await tab.idle()
    expect((await tab.snapshot()).messages[0]!.parts).toMatchObject([
      { type: 'file', url: expect.stringContaining(`/rpc/attachments/${id}/`) },
      { text: 'What is it?' },
    ])
  })

  test('what is too large or of another type is refused in words', async () => {
    const tab = await open()
    const zip = { name: 'a.zip', mimeType: 'application/zip', buffer: Buffer.alloc(10) }
    await field(tab.page).setInputFiles(zip)
    await tab.page.getByText('a.zip is neither an image nor a PDF.').waitFor()
    expect(await attached(tab.page).count()).toBe(0)
    const buffer = Buffer.concat([report.buffer, Buffer.alloc(6_000_000)])
    await field(tab.page).setInputFiles({ ...report, buffer })
    await tab.page
      .getByText('Not uploaded: report.pdf has 6.1 MB; a file may have 5.0 MB.')
      .waitFor()
    await tab.page.getByRole('button', { name: 'Remove report.pdf' }).click()
    const page = '<!doctype html><script>alert(1)</script>'.repeat(1_000)
    await field(tab.page).setInputFiles({ ...photo, buffer: Buffer.from(page) })
    await tab.page
      .getByText('Not uploaded: The file is not what its type image/png says.')
      .waitFor()
  })

  test('an upload that fails without a network works when it is back', async () => {
    const tab = await open()
    const offline = (isOff: boolean) =>
      tab.page.evaluate((off) => window.caughtup!.network.forceOffline(off), isOff)
    await offline(true)
    await field(tab.page).setInputFiles(report)
    await attached(tab.page).locator('[data-state=failed]').waitFor()
    await offline(false)
    await tab.page.getByRole('button', { name: 'Upload report.pdf again' }).click()
    await attached(tab.page).locator('[data-state=ready]').waitFor()
    await tab.live()
    await tab.send('/count 3')
    await tab.idle()
    expect((await tab.snapshot()).messages[0]!.parts[0]).toMatchObject({ filename: 'report.pdf' })
  })
})
