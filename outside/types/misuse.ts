// What the compiler refuses once an application declares its types.
import type { Part, Session } from '@caughtup/schema'
import { type Agent, type ChatServerOptions, createChatServer } from '@caughtup/server'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { createChatClient, sse } from '@caughtup/web-client'

import { chatSchemas } from './chat-schemas.ts'

declare const options: ChatServerOptions
createChatServer({ ...options, schemas: chatSchemas })
// @ts-expect-error the types promise that values were validated
createChatServer({ store: options.store, agent: options.agent, principal: options.principal })
// @ts-expect-error a principal has a tenant
createChatServer({ ...options, schemas: chatSchemas, principal: () => ({ id: 'me' }) })

export const agent: Agent = async function* () {
  yield { type: 'data-progress', data: { percent: 1 } }
}
// @ts-expect-error progress has a percentage
export const wrongData: Agent = async function* () {
  yield { type: 'data-progress', data: { percent: '1' } }
}
// @ts-expect-error no such data part
export const wrongName: Agent = async function* () {
  yield { type: 'data-other', data: 1 }
}

// @ts-expect-error a mood is a text
export const wrongMetadata: Agent = async function* () {
  yield { type: 'message-metadata', messageMetadata: { mood: 1 } }
}

const store = await createStore({ storage: memory() })
await store.sessions.create({ owner: 'me', metadata: { project: 'x', labels: [] } })
// @ts-expect-error a project is a text
await store.sessions.create({ owner: 'me', metadata: { project: 1, labels: [] } })
const { messages } = await store.window('s')
export const parts: Part[] = messages.flatMap((message) => message.parts)

const client = createChatClient({ link: sse({ url: '/rpc' }) })
const made: Session = await client.rpc.sessions.create({ metadata: { project: 'x' } })
export const labels: string[] | undefined = made.metadata?.labels
// @ts-expect-error a project is needed
await client.rpc.sessions.create({ metadata: { labels: [] } })
// @ts-expect-error no such member
void made.metadata?.other
const session = client.session('s')
const prompt = { sessionId: 's', text: 'Hi' }
await client.rpc.messages.send({ ...prompt, custom: { mood: 'curious' } })
// @ts-expect-error a mood is a text
await client.rpc.messages.send({ ...prompt, custom: { mood: 1 } })
export const mood: string | undefined = session.getSnapshot().messages[0]?.metadata.custom?.mood
await session.send({ text: 'Hi', custom: { mood: 'curious' } })
// @ts-expect-error a mood is a text
await session.send({ text: 'Hi', custom: { mood: 1 } })
await session.respond('call', { output: { place: 'Bern' } })
// @ts-expect-error no tool has such an output
await session.respond('call', { output: { town: 'Bern' } })

for (const { parts: shown } of session.getSnapshot().messages) {
  for (const part of shown) {
    if (part.type !== 'dynamic-tool' || part.state !== 'output-available') continue
    if (part.toolName === 'weather') part.output.degrees.toFixed()
    // @ts-expect-error the other tool has no degrees
    else part.output.degrees.toFixed()
    // @ts-expect-error no such tool
    void (part.toolName === 'wether')
  }
}
