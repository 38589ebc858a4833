import axe from 'axe-core'
import type { Page } from 'playwright-core'

declare global {
  interface Window {
    axe: typeof axe
  }
}

/** What axe finds on a page in its present state, except what it calls minor. */
export async function axeProblems(page: Page): Promise<string[]> {
  // What appears late or fades has its colours only then. A fade begins with the next frame.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame++) {
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
  })
  // One that is cancelled meanwhile, as its element leaves, rejects.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map(({ ready }) => ready)))
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        ({ playState, effect }) =>
          playState !== 'running' || effect?.getTiming().iterations === Infinity,
      ),
  )
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => window.axe.run())
  const more = violations.filter(({ impact }) => impact !== 'minor')
  return more.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}
