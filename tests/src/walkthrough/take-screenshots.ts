import { mkdirSync } from 'node:fs'
import path from 'node:path'

import type { Browser, Page } from 'playwright-core'

import { launchBrowser } from '../browser/browser.ts'
import { repositoryRoot } from '../docs/doc-samples.ts'
import { DemoProcess, temporaryFolder } from './demo-process.ts'

// Takes the pictures of docs/images: `pnpm screenshots`.

const folder = path.join(repositoryRoot, 'docs/images')

const looks = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1160, height: 720 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1160, height: 720 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 780 } },
] as const

/** The screens, in an order in which each can follow the one before. */
const screens: Record<string, (page: Page) => Promise<void>> = {
  async start(page) {
    await page.getByRole('heading', { level: 1 }).waitFor()
  },
  async answer(page) {
    await send(page, 'What does applyEvent do?')
    await page.getByRole('heading', { name: 'Ask next' }).waitFor()
    await page.locator('[data-streamdown="code-block-body"] span[style]').first().waitFor()
  },
  async streaming(page) {
    await send(page, '/count 3000 60')
    await page.getByText('40 41 42').waitFor()
    await send(page, 'How does a client resume?')
    await page.getByTestId('queued').waitFor()
  },
  async failed(page) {
    await page.getByRole('button', { name: 'Cancel this prompt' }).click()
    await page.getByTestId('stop').click()
    await page.getByTestId('stop').waitFor({ state: 'detached' })
    await send(page, '/fail')
    await page.getByText('Details').click()
  },
  async question(page) {
    await send(page, '/approve')
    await page.getByRole('button', { name: 'Approve' }).waitFor()
  },
  async edit(page) {
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.getByTestId('message').getByText('Then I leave it alone.').waitFor()
    await page.getByRole('button', { name: 'Edit the prompt' }).last().click()
  },
  async members(page) {
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('button', { name: 'Members…' }).click()
    await page.getByRole('listitem').getByText('owner').waitFor()
  },
  async drawer(page) {
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await page.getByRole('button', { name: 'Under the hood' }).click()
    await page.getByTestId('inspector').waitFor()
    // Its rates are of the last seconds.
    await page.waitForTimeout(3_000)
  },
  async search(page) {
    await page.getByRole('button', { name: 'Close the drawer' }).click()
    const open = page.getByRole('button', { name: 'Show chats' })
    if (await open.isVisible()) await open.click()
    await page.getByRole('searchbox').fill('client')
    await page.getByRole('region', { name: 'Messages found' }).getByRole('link').first().waitFor()
  },
}

async function send(page: Page, text: string): Promise<void> {
  await page.getByTestId('composer').fill(text)
  await page.getByTestId('composer').press('Enter')
}

async function takeAll(browser: Browser, url: string): Promise<void> {
  for (const { name: look, ...options } of looks) {
    const page = await browser.newPage({ ...options, reducedMotion: 'reduce' })
    await page.goto(url)
    for (const [screen, show] of Object.entries(screens)) {
      await show(page)
      await page.waitForTimeout(500)
      const file = path.join(folder, `${screen}-${look}.jpg`)
      await page.screenshot({ path: file, type: 'jpeg', quality: 72 })
      console.log(file)
    }
    await page.close()
  }
}

mkdirSync(folder, { recursive: true })
const data = temporaryFolder()
const demo = await DemoProcess.start({ database: path.join(data.path, 'demo.db'), fillTurns: 60 })
const browser = await launchBrowser()
try {
  await demo.filled()
  await takeAll(browser, demo.url)
} finally {
  await browser.close()
  await demo.end()
  data.remove()
}
