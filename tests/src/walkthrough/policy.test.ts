import { describe, expect, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('the content security policy of the demo', () => {
  const demo = withDemo()

  test.each(['websocket', 'sse'])(
    'is met by a chat over %s, code and reasoning included',
    async (transport) => {
      // Not a `DemoPage`, which is exempt from the policy.
      const page = await demo.browser.newPage({ colorScheme: 'dark' })
      const problems: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text())
      })
      page.on('pageerror', (error) => problems.push(error.message))
      await page.goto(`${demo.url}?transport=${transport}`)
      for (const prompt of ['/tool', '/think']) {
        await page.getByTestId('composer').fill(prompt)
        await page.getByTestId('composer').press('Enter')
        await page.getByTestId('stop').waitFor()
        await page.getByTestId('stop').waitFor({ state: 'detached' })
      }
      // Highlighted: the renderer, its grammars and its styles are allowed.
      await page.locator('[data-streamdown="code-block-body"] span[style]').first().waitFor()
      await page.getByRole('button', { name: 'Under the hood' }).click()
      await page.getByTestId('inspector').waitFor()
      expect(problems).toEqual([])
      const refused = await page.evaluate(() => {
        const script = document.createElement('script')
        script.textContent = 'window.inline = true'
        document.head.append(script)
        return !('inline' in window)
      })
      expect(refused).toBe(true)
      await page.close()
    },
  )
})
