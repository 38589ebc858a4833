import { spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { serve } from '@caughtup/server/node'
import { expect, onTestFinished, test } from 'vitest'

import { Random } from '../../packages/schema/src/testing/random.ts'
import { openFaultProxy } from '../../tests/src/support/fault-proxy.ts'
import { openChat } from './chat.ts'
import { isMissing } from './commands.ts'

const prompts = 5
const words = Array.from({ length: 40 }, (_, index) => `word ${index} `)

test.skipIf(isMissing('python3'))(
  'a client in Python, made from the document, is caught up though its connections break',
  async () => {
    const { chat, store } = await openChat({
      heartbeat: 500,
      agent: async function* () {
        for (const word of words) {
          yield { type: 'text-delta', text: word }
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      },
    })
    const serving = await serve(chat, { port: 0 })
    onTestFinished(() => serving.close())
    const proxy = await openFaultProxy(() => serving.port, new Random(20_260_719))
    onTestFinished(() => proxy.close())
    const url = `http://127.0.0.1:${proxy.port}/api/openapi.json`
    const script = path.join(import.meta.dirname, 'caught_up.py')
    const python = spawn('python3', ['-B', script, url, 'from-python', String(prompts)])
    onTestFinished(() => void python.kill())
    const [output, errors] = await Promise.all([text(python.stdout), text(python.stderr)])
    expect(errors).toBe('')
    const { texts, replays } = JSON.parse(output) as { texts: string[]; replays: number }
    expect(texts).toEqual(
      Array.from({ length: prompts }, (_, index) => [`Prompt ${index + 1}`, words.join('')]).flat(),
    )
    const { messages } = await store.page('from-python')
    expect(messages.map(({ parts: [part] }) => part?.type === 'text' && part.text)).toEqual(texts)
    expect(replays).toBeGreaterThan(5)
    expect(proxy.faults['cut']).toBeGreaterThan(5)
  },
)
