import type { Message } from '@caughtup/schema'

import type { Agent } from '../../src/host/agent.ts'
import {
  openTestServer,
  readRun,
  readUntil,
  type TestServer,
  type TestServerOptions,
} from './open-test-server.ts'

export interface Answered extends TestServer {
  sessionId: string
  /** The assistant message, finished. */
  answer: Message
  /** Sends another prompt, and returns its answer. */
  ask: (text: string) => Promise<Message>
}

/** Sends one prompt to a server with this agent, and waits for the end of its run. */
export async function answerOf(agent: Agent, options: TestServerOptions = {}): Promise<Answered> {
  const server = await openTestServer({ agent, ...options })
  const me = server.client()
  const { id: sessionId } = await me.sessions.create()
  const stream = await me.onChat({ sessionId, mode: { type: 'full' } })
  await readUntil(stream, 'caught-up')
  const ask = async (text: string) => {
    await me.messages.send({ sessionId, text })
    await readRun(stream)
    const answer = (await me.history.loadMore({ sessionId })).messages.at(-1)
    if (answer?.role !== 'assistant') throw new Error('The run left no answer.')
    return answer
  }
  return { ...server, sessionId, ask, answer: await ask('Hi') }
}

/** An agent that yields these parts, valid or not. */
export function yielding(...parts: readonly unknown[]): Agent {
  return async function* () {
    for (const part of parts) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- untyped code may yield anything
      yield part as never
    }
  }
}
