import { describe, expect, onTestFinished, test } from 'vitest'

import { axeProblems } from '../browser/axe-problems.ts'
import { skipBrowserTests } from '../browser/browser.ts'
import { DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

const steps: [step: string, words: RegExp][] = [
  [
    'stream',
    /^3,000 of 3,000 tokens; 0 missing, 0 twice; \d+ commits of the server and \d+ redraws/,
  ],
  ['reload', /^3,000 of 3,000 tokens; 0 missing, 0 twice; left at \d+ tokens, caught up/],
  ['cut', /^3,000 of 3,000 tokens; 0 missing, 0 twice; caught up in .* after 2 cuts/],
  ['kill', /; 0 missing, 0 twice; live again .* after the kill; the run ended as lost\.$/],
  ['devices', /^3,0\d\d of (3,0\d\d) tokens of both; 0 missing, 0 twice; the same 4 messages/],
  ['stop', /; 0 missing, 0 twice; stopped in/],
  ['asleep', /^5,00\d of 5,00\d tokens; 0 missing, 0 twice; caught up in .* with \d+ frames/],
  ['long', /^1,0\d\d of 1,0\d\d messages; 0 missing, 0 twice; the first \d+ shown in/],
  ['compaction', /; 0 missing, 0 twice; .*messages are readable as older pages\.$/],
  [
    'approval',
    /; 0 missing, 0 twice; approved on the other device; the second answer got CONFLICT/,
  ],
]

describe.skipIf(skipBrowserTests())('the tour', () => {
  const demo = withDemo({ filled: true, supervised: true })

  async function open(width = 1_200) {
    const tab = await DemoPage.open(demo.browser, demo.url)
    onTestFinished(() => tab.close())
    await tab.page.setViewportSize({ width, height: 800 })
    await tab.page.getByRole('button', { name: 'Take the tour' }).click()
    const verdictOf = async (step: string) => {
      const card = tab.page.locator(`[data-testid=tour-step][data-step=${step}]`)
      await card.getByRole('button').first().click()
      await card.locator('[data-testid=verdict]').waitFor({ timeout: 120_000 })
      return {
        passed: await card.getAttribute('data-passed'),
        text: await card.getByTestId('verdict').innerText(),
        naive: await card.getByTestId('naive-verdict').allInnerTexts(),
      }
    }
    return { tab, verdictOf }
  }

  test.each(steps)('its step %s keeps what it promises', async (step, words) => {
    const { verdictOf } = await open()
    const { passed, text } = await verdictOf(step)
    expect(text).toMatch(words)
    expect(passed).toBe('true')
  })

  test('on a phone it can be walked to its end, and axe finds nothing in it', async () => {
    const { tab, verdictOf } = await open(390)
    expect(await axeProblems(tab.page)).toEqual([])
    for (const [step] of steps) {
      expect({ step, ...(await verdictOf(step)) }).toMatchObject({ step, passed: 'true' })
    }
    expect(await axeProblems(tab.page)).toEqual([])
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  }, 240_000)

  test('a naive client beside it loses what came while it was cut off', async () => {
    const { tab, verdictOf } = await open()
    await tab.page.getByLabel('Let a naive client follow the same stream').check()
    const { passed, naive } = await verdictOf('cut')
    expect(passed).toBe('true')
    expect(naive).toHaveLength(1)
    const [missing] = /([\d,]+) missing/.exec(naive[0] ?? '')?.slice(1) ?? []
    expect(Number(missing?.replace(',', ''))).toBeGreaterThan(100)
  })
})
