import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'

import { UiProvider } from '../ui/ui-provider.tsx'
import { ContextMeter } from './context-meter.tsx'

test('says how full the context is, and warns near its end', () => {
  const usage = { tokens: 900, limit: 1_000, estimated: false }
  const html = renderToStaticMarkup(<ContextMeter usage={usage} className="mine" />)
  expect(html).toContain('role="meter"')
  expect(html).toContain('aria-valuetext="900 of 1,000 tokens"')
  expect(html).toContain('data-nearly-full="true"')
  expect(html).toContain('--share:0.9')
  expect(html).toContain('class="mine"')
  const early = renderToStaticMarkup(<ContextMeter usage={{ ...usage, tokens: 700 }} />)
  expect(early).not.toContain('nearly-full')
})

test('is no meter where no limit is known, and speaks the words of the page', () => {
  const html = renderToStaticMarkup(
    <UiProvider texts={{ status: { contextTokens: (tokens) => `${tokens} Token` } }}>
      <ContextMeter usage={{ tokens: 12, estimated: true }} />
    </UiProvider>,
  )
  expect(html).toBe('<span title="12 Token">12 Token</span>')
})
