import { describe, expect, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('bad input', () => {
  const demo = withDemo()

  test('bad input to any procedure is a typed error, stores nothing, and the server keeps working', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    const count = () =>
      tab.page.evaluate(
        async () => (await window.caughtup!.client.rpc.activity.list({ limit: 200 })).rows.length,
      )
    const before = await count()
    const ofSession = [
      'onChat',
      'sessions/get',
      'sessions/update',
      'sessions/delete',
      'sessions/fork',
      'messages/send',
      'messages/edit',
      'messages/delete',
      'runs/interrupt',
      'history/loadMore',
      'history/compact',
      'history/reset',
      'messages/retry',
      'messages/resend',
      'messages/prompts',
      'messages/versions',
      'messages/choose',
      'runs/respond',
      'runs/updateQueued',
      'history/undo',
      'history/redo',
      'history/truncate',
      'history/erase',
      'activity/markRead',
      'usage/get',
      'usage/epochs',
    ]
    const more: Record<string, object> = {
      onChat: { mode: { type: 'full' } },
      'sessions/update': { title: 'x' },
      'sessions/fork': { from: 'x' },
      'messages/send': { text: 'x' },
      'messages/edit': { messageId: 'x', text: 'x' },
      'messages/resend': { messageId: 'x', text: 'x' },
      'runs/respond': { runId: 'x', toolCallId: 'x', approved: true },
      'runs/updateQueued': { runId: 'x', text: 'x' },
      'messages/versions': { messageId: 'x' },
      'messages/choose': { messageId: 'x' },
      'messages/delete': { messageId: 'x' },
      'history/erase': { messageIds: ['x'] },
      'activity/markRead': { upTo: 1 },
    }
    const valid = { sessionId: tab.sessionId }
    const calls: [string, string, string][] = [
      ...ofSession.flatMap((procedure): [string, string, string][] => [
        [procedure, JSON.stringify({ json: { ...more[procedure], sessionId: 7 } }), 'BAD_INPUT'],
        [
          procedure,
          JSON.stringify({ json: { ...more[procedure], sessionId: 'no-such' } }),
          'NOT_FOUND',
        ],
        [procedure, '{"json":', 'BAD_INPUT'],
      ]),
      ['sessions/list', JSON.stringify({ json: { limit: 10_000 } }), 'BAD_INPUT'],
      ['sessions/list', JSON.stringify({ json: { cursor: 'broken' } }), 'BAD_INPUT'],
      ['sessions/create', JSON.stringify({ json: { title: 'x'.repeat(201) } }), 'BAD_INPUT'],
      ['activity/list', JSON.stringify({ json: { more: 1 } }), 'BAD_INPUT'],
      ['activity/subscribe', JSON.stringify({ json: { since: 7 } }), 'BAD_INPUT'],
      ['server/stats', JSON.stringify({ json: 'x' }), 'BAD_INPUT'],
      [
        'onChat',
        JSON.stringify({ json: { ...valid, mode: { type: 'since', cursor: '?' } } }),
        'BAD_INPUT',
      ],
      [
        'messages/send',
        JSON.stringify({ json: { ...valid, text: 'x'.repeat(300_000) } }),
        'TOO_LARGE',
      ],
      [
        'messages/send',
        JSON.stringify({ json: { ...valid, text: 'x'.repeat(2_000_000) } }),
        'TOO_LARGE',
      ],
      ['no/such', '{}', 'NOT_FOUND'],
    ]
    const codes = await tab.page.evaluate(async (all) => {
      const answers: string[] = []
      for (const [procedure, body] of all) {
        const response = await fetch(`/rpc/${procedure}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        })
        const { json } = (await response.json()) as { json: { code: string } }
        answers.push(`${procedure} ${response.status} ${json.code}`)
      }
      return answers
    }, calls)
    const status = { BAD_INPUT: 400, NOT_FOUND: 404, TOO_LARGE: 413 }
    expect(codes).toEqual(
      calls.map(
        ([procedure, , code]) => `${procedure} ${status[code as keyof typeof status]} ${code}`,
      ),
    )
    expect(await count()).toBe(before)
    expect((await tab.snapshot()).messages).toEqual([])
    expect((await fetch(`${demo.url}healthz`)).status).toBe(200)
    await tab.send('/count 5')
    await tab.idle()
    expect(await tab.answer()).toBe(countedTo(5))
    await tab.close()
  })
})
