import { describe, expect, onTestFinished, test } from 'vitest'

import { axeProblems } from '../browser/axe-problems.ts'
import { skipBrowserTests } from '../browser/browser.ts'
import { DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

const looks = [
  { name: 'light', colorScheme: 'light', width: 1200 },
  { name: 'dark', colorScheme: 'dark', width: 1200 },
  { name: 'light on a phone', colorScheme: 'light', width: 390 },
  { name: 'dark on a phone', colorScheme: 'dark', width: 390 },
] as const

describe.skipIf(skipBrowserTests())('axe finds nothing in the demo', () => {
  const demo = withDemo()

  test.each(looks)(
    '$name',
    async ({ colorScheme, width }) => {
      const tab = await DemoPage.openNew(demo.browser, demo.url)
      onTestFinished(() => tab.close())
      const { page } = tab
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      const clean = async (screen: string) =>
        expect({ screen, problems: await axeProblems(page) }).toEqual({ screen, problems: [] })

      await clean('an empty chat')
      await tab.send('What is a journal?')
      await page.getByRole('heading', { name: 'Ask next' }).waitFor()
      await clean('an answer')
      await tab.send('/fail')
      await page.getByText('Details').click()
      await clean('a failed answer')
      await tab.send('/approve')
      await page.getByRole('button', { name: 'Approve' }).waitFor()
      await clean('a question')
      await page.getByRole('button', { name: 'Under the hood' }).click()
      await page.getByTestId('inspector').waitFor()
      await clean('the drawer')
      await page.getByRole('button', { name: 'Close the drawer' }).click()
      const more = page.getByRole('button', { name: 'More', exact: true })
      await more.click()
      await clean('the menu')
      await page.getByRole('button', { name: 'Members…' }).click()
      await page.getByRole('listitem').getByText('owner').waitFor()
      await clean('the members')
      await page.keyboard.press('Escape')
      if (width < 500) await more.click()
      await page.getByRole('button', { name: 'Clear the context' }).click()
      await clean('a dialog')
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Edit the prompt' }).last().click()
      await clean('an edited prompt')
      await page.keyboard.press('Escape')
      await tab.send('/count 9')
      await page.getByTestId('queued').waitFor()
      await clean('a queue')
      if (width < 500) {
        await page.getByRole('button', { name: 'Show chats' }).click()
        await clean('the list')
      }
      await page.getByRole('searchbox').fill('journal')
      await page.getByRole('region', { name: 'Messages found' }).getByRole('link').first().waitFor()
      await clean('a search')
      await page.getByRole('region', { name: 'Messages found' }).getByRole('link').first().click()
      await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
      await clean('a message that was found')
      await page.evaluate(() => (location.hash = '#/'))
      await page.getByRole('heading', { level: 1 }).waitFor()
      await clean('the start page')
    },
    180_000,
  )
})
