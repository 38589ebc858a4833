import { createChatClient, sse } from '@caughtup/web-client'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'

import { PendingPrompt } from './pending-prompt.tsx'
import { PromptQueue } from './prompt-queue.tsx'

const client = createChatClient({ link: sse({ url: 'http://localhost/rpc' }) })
const session = client.session('s')
const parts = [
  { type: 'file' as const, mediaType: 'image/png', url: 'data:,' },
  { type: 'text' as const, text: 'Look' },
]

test('says what a prompt waits for, and until when the page is needed', () => {
  const prompt = { messageId: 'm', parts, state: 'queued' as const, kept: false }
  const html = renderToStaticMarkup(<PendingPrompt session={session} prompt={prompt} />)
  expect(html).toContain('<div data-state="unsent">')
  expect(html).toContain('>a file Look</span>')
  expect(html).toContain('Waits until it can be sent. Keep this page open.')
  const names = [...html.matchAll(/<button aria-label="(.*?)"/g)].map(([, name]) => name)
  expect(names).toEqual(['Edit this prompt', 'Cancel this prompt'])
})

test('says why a prompt failed, as an alert', () => {
  const error = { code: 'TOO_LARGE' as const, message: 'It is too long.', data: {} }
  const prompt = { messageId: 'm', parts, state: 'failed' as const, kept: true, error }
  const html = renderToStaticMarkup(<PendingPrompt session={session} prompt={prompt} />)
  expect(html).toContain('<div data-state="failed">')
  expect(html).toContain('<span role="alert">Not sent: It is too long.</span>')
  expect(html).toContain('aria-label="Try again"')
})

test('a queue in which nothing waits is not there', () => {
  expect(renderToStaticMarkup(<PromptQueue session={session} />)).toBe('')
})
