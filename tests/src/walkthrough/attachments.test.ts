import { describe, expect, onTestFinished, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

/** One transparent pixel. */
const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

describe.skipIf(skipBrowserTests())('images in the demo', () => {
  const demo = withDemo()

  test('an image goes with a prompt, and is there on another device and after a reload', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    onTestFinished(() => tab.close())
    const buffer = Buffer.from(pixel, 'base64')
    await tab.page
      .getByLabel('Image', { exact: true })
      .setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer })
    await tab.page.getByRole('img', { name: 'dot.png' }).waitFor()
    await tab.send('/count 3')
    await tab.idle()
    await expect.poll(() => tab.page.getByRole('list', { name: 'Attached' }).count()).toBe(0)
    const other = await DemoPage.open(demo.browser, demo.url, tab.sessionId)
    onTestFinished(() => other.close())
    const image = other.page.getByRole('article', { name: 'You' }).getByRole('img')
    await image.waitFor()
    expect(await image.evaluate((shown: HTMLImageElement) => shown.naturalWidth)).toBe(1)
    await other.page.reload()
    await image.waitFor()
  })

  test('what is too large, or no image, is refused in words', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    onTestFinished(() => tab.close())
    const input = tab.page.getByLabel('Image', { exact: true })
    const buffer = Buffer.alloc(1_200_000)
    await input.setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer })
    await tab.page.getByText('large.png has 1.2 MB; a file may have 700.0 kB.').waitFor()
    await input.setInputFiles({ name: 'a.zip', mimeType: 'application/zip', buffer })
    await tab.page.getByText('a.zip is not an image.').waitFor()
    expect(await tab.page.getByRole('list', { name: 'Attached' }).count()).toBe(0)
  })

  test('the largest images that fit into a prompt are sent', async () => {
    const tab = await DemoPage.openNew(demo.browser, `${demo.url}?transport=sse`)
    onTestFinished(() => tab.close())
    const buffer = Buffer.alloc(699_000)
    await tab.page
      .getByLabel('Image', { exact: true })
      .setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer })
    await tab.page.getByRole('list', { name: 'Attached' }).waitFor()
    await tab.send('/count 3')
    await tab.idle()
    expect((await tab.snapshot()).pending).toEqual([])
  })
})
