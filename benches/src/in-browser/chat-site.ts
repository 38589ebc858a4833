import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'

import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { buildPage } from '@caughtup/tests/build-page'

import { tokenText } from '../measure/token-text.ts'

export type PageName = 'ours' | 'use-chat' | 'opening' | 'opening-use-chat'

/** What the agent says, and when. */
export interface Answer {
  tokens: number
  perSecond: number
  /** Told of each token that was said, by the number of all so far. */
  onToken: (said: number) => void
}

export interface ChatSite {
  url: string
  sessionId: string
  /** Of the document and its script. */
  pageBytes: number
  /** The text that the page has to show in the end. */
  expected: string
  close(): Promise<void>
}

/** A page and what it speaks to: our server, or a route that speaks the AI SDK's UI message stream. */
export async function openSite(page: PageName, held: number, answer: Answer): Promise<ChatSite> {
  const file = new URL(`page/${page}.tsx`, import.meta.url).pathname
  const script = await buildPage(file, { production: true })
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({
    store,
    principal: () => ({ id: 'me' }),
    async *agent() {
      for await (const text of said(answer)) yield { type: 'text-delta', text }
    },
  })
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  await store.reconcile(sessionId, messages(held))
  const serving = await serve(chat, {
    fallback(request, response) {
      const { pathname } = new URL(request.url ?? '/', 'http://bench')
      if (pathname === '/page.js') return send(response, 'text/javascript', script)
      if (pathname === '/use-chat/messages') {
        return send(response, 'application/json', JSON.stringify(messages(held)))
      }
      if (pathname === '/use-chat') return void streamParts(response, answer)
      return send(response, 'text/html', document)
    },
  })
  return {
    url: serving.url,
    sessionId,
    pageBytes: Buffer.byteLength(script) + Buffer.byteLength(document),
    expected: Array.from({ length: answer.tokens }, (_, n) => saidToken(n)).join(''),
    async close() {
      await serving.close()
      await chat.close()
      await store.close()
    },
  }
}

/** The same style sheet for all: rows outside the screen are not laid out. */
const document = `<!doctype html><meta charset="utf-8"><title>Bench</title>
<style>
  main { height: 90vh; overflow-y: auto; display: flex; flex-direction: column-reverse }
  .row { white-space: pre-wrap; content-visibility: auto; contain-intrinsic-size: auto 60px }
  p { margin: 0 }
</style>
<main><div id="root"></div></main><script src="/page.js"></script>`

function messages(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    id: `held-${n}`,
    role: n % 2 === 0 ? ('user' as const) : ('assistant' as const),
    parts: [{ type: 'text' as const, text: wordsOf(n, 40) }],
  }))
}

function wordsOf(n: number, count: number): string {
  return Array.from({ length: count }, (_, token) => tokenText(n + 1, token)).join('')
}

/** A paragraph has 80 tokens, about 400 characters. */
function saidToken(n: number): string {
  return tokenText(0, n) + (n % 80 === 79 ? '\n\n' : '')
}

/** Tokens at their pace: a late timer says at once what is due. */
async function* said({ tokens, perSecond, onToken }: Answer): AsyncGenerator<string> {
  const start = performance.now()
  for (let n = 0; n < tokens; n++) {
    const due = start + (n * 1_000) / perSecond
    const wait = due - performance.now()
    if (wait > 0) await setTimeout(wait)
    yield saidToken(n)
    onToken(n + 1)
  }
}

async function streamParts(response: ServerResponse, answer: Answer): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'x-vercel-ai-ui-message-stream': 'v1',
  })
  const write = (part: object) => response.write(`data: ${JSON.stringify(part)}\n\n`)
  write({ type: 'start', messageId: 'answer' })
  write({ type: 'start-step' })
  write({ type: 'text-start', id: '0' })
  for await (const delta of said(answer)) write({ type: 'text-delta', id: '0', delta })
  write({ type: 'text-end', id: '0' })
  write({ type: 'finish-step' })
  write({ type: 'finish' })
  response.end('data: [DONE]\n\n')
}

function send(response: ServerResponse, type: string, body: string): void {
  response.setHeader('content-type', type)
  response.end(body)
}
