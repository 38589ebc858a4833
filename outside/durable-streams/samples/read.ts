import type { Event, Message } from '@caughtup/schema'
import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'
import { stream } from '@durable-streams/client'

const [origin = 'http://127.0.0.1:4000', id = ''] = process.argv.slice(2)
const answer = await fetch(`${origin}/windows/${id}`)
const window: { messages: Message[]; offset: string } = JSON.parse(await answer.text())
const { messages, offset } = window
let view: View = { ...emptyView, messages, seq: Number.parseInt(offset, 10) }

const reading = await stream<Event>({ url: `${origin}/streams/${id}`, offset, live: 'sse' })
reading.subscribeJson(({ items }) => {
  for (const event of items) {
    view = applyEvent(view, event).view
    if (event.type === 'run-ended') console.log(view.messages.at(-1)?.parts)
  }
})
