import { simulateReadableStream } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}
const answerOf = (said: object[], unified: string) => [
  { type: 'stream-start', warnings: [] },
  ...said,
  { type: 'finish', finishReason: { unified, raw: '' }, usage },
]

/** Calls `refund` for the number of euros in a prompt, and says what the call gave. */
export const model = new MockLanguageModelV4({
  doStream: async ({ prompt }) => {
    const { role, content } = prompt.at(-1)!
    const euros = Number(/\d+(?= euros)/.exec(JSON.stringify(content))?.[0])
    const call = { toolCallId: `call-${euros}`, input: JSON.stringify({ order: 7, euros }) }
    const text = (delta: string) => [
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta },
      { type: 'text-end', id: 't' },
    ]
    const output = JSON.stringify(content)
    const chunks =
      role === 'user'
        ? answerOf([{ type: 'tool-call', toolName: 'refund', ...call }], 'tool-calls')
        : answerOf(text(output.includes('Done.') ? 'Paid back.' : 'Not paid back.'), 'stop')
    return { stream: simulateReadableStream({ chunks: chunks as never[] }) }
  },
})
