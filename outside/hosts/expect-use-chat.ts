import { expect } from 'vitest'

import { launchBrowser } from '../../tests/src/browser/browser.ts'

type Browser = Awaited<ReturnType<typeof launchBrowser>>
type Page = Awaited<ReturnType<Browser['newPage']>>

/**
 * Goes through the chat page of a host in a browser: a prompt, a reload in the middle of the answer, another tab, stop.
 * The agent counts until it is stopped, so what is lost or there twice shows.
 */
export async function expectUseChat(url: string): Promise<void> {
  const browser = await launchBrowser()
  try {
    const context = await browser.newContext()
    const chat = `${url}/chat/${crypto.randomUUID()}`
    // `next dev` compiles the page now.
    context.setDefaultTimeout(90_000)
    const page = await context.newPage()
    await page.goto(chat)
    await page.click('text=Send')
    await expectCount(page, 3)
    await page.reload()
    const other = await context.newPage()
    await other.goto(chat)
    // More than what the server has drawn: the answer goes on.
    for (const each of [page, other]) await expectCount(each, (await countOf(each)) + 3)
    await page.click('text=Stop')
    for (const each of [page, other]) await each.waitForSelector('text=Send')
    const rows = await rowsOf(page)
    expect(rows).toEqual(['Count', countedTo(rows[1])])
    expect(await rowsOf(other)).toEqual(rows)
    await page.reload()
    await page.waitForSelector('text=Send')
    expect(await rowsOf(page)).toEqual(rows)
    // The page that has seen the answer end asks again.
    await other.click('text=Send')
    await expect.poll(async () => (await rowsOf(other)).length).toBe(4)
    await other.click('text=Stop')
    await other.waitForSelector('text=Send')
    expect((await rowsOf(other)).slice(0, 3)).toEqual([...rows, 'Count'])
  } finally {
    await browser.close()
  }
}

const rowsOf = (page: Page) => page.locator('li').allTextContents()

async function countOf(page: Page): Promise<number> {
  return (await rowsOf(page))[1]?.trim().split(' ').length ?? 0
}

/** Waits until the one answer has counted so far, and nothing is missing in it or there twice. */
async function expectCount(page: Page, least: number): Promise<void> {
  await expect.poll(() => countOf(page)).toBeGreaterThanOrEqual(least)
  const rows = await rowsOf(page)
  expect(rows).toEqual(['Count', countedTo(rows[1])])
}

/** What the agent says until it has said this much. */
function countedTo(text = ''): string {
  const length = text.trim().split(' ').length
  return Array.from({ length }, (_, index) => `${index + 1} `).join('')
}
