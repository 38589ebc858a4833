import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Subscription } from '../processes/subscription.ts'
import { emptyChain, extendChain, makeToken, tokenLength } from '../processes/token.ts'
import { Group } from './group.ts'

describe('a group of subscribers', () => {
  let server: Server
  let responses: ServerResponse[] = []
  let subscription: Subscription

  beforeEach(async () => {
    responses = []
    server = createServer((_, response) => {
      responses.push(response)
      response.write(': ready\n\n')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const text = { before: '"text":"', after: '"' }
    subscription = { port, path: '/', transport: 'http', text, ready: ': ready' }
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const write = (response: ServerResponse | undefined, tokens: readonly string[]) => {
    for (const text of tokens) response?.write(`data: ${JSON.stringify({ text })}\n\n`)
  }
  const expectation = (tokens: readonly string[]) => {
    const text = Buffer.from(tokens.join(''))
    const chain = extendChain(emptyChain, text, 0, text.length)
    return { characters: tokens.length * tokenLength, chain, within: 0.3 }
  }
  const [a, b] = [makeToken(), makeToken().replace('abc', 'xyz')]

  const open = async (): Promise<Group> => {
    const group = await Group.connect(subscription, 2)
    await group.subscribe()
    return group
  }

  it('reports when each of them has everything', async () => {
    const group = await open()
    write(responses[0], [a, b])
    write(responses[1], [a + b])

    const { deliveries, p50 } = await group.arrival(expectation([a, b]))

    expect(deliveries).toBe(4)
    expect(p50).toBeGreaterThan(0)
    group.close()
  })

  it('fails if one of them lacks a token', async () => {
    const group = await open()
    write(responses[0], [a, b])
    write(responses[1], [a])

    await expect(group.arrival(expectation([a, b]))).rejects.toThrow('1 of 2 subscribers')
    group.close()
  })

  it('fails if one of them gets a token twice', async () => {
    const group = await open()
    write(responses[0], [a, b])
    write(responses[1], [a, a, b])

    await expect(group.arrival(expectation([a, b]))).rejects.toThrow('A subscriber got')
    group.close()
  })

  it('fails if one of them gets tokens in another order', async () => {
    const group = await open()
    write(responses[0], [a, b])
    write(responses[1], [b, a])

    await expect(group.arrival(expectation([a, b]))).rejects.toThrow('A subscriber got')
    group.close()
  })

  it('fails if one of them loses its connection', async () => {
    const group = await open()
    responses[1]?.destroy()

    await expect(group.arrival(expectation([a, b]))).rejects.toThrow('was disconnected')
    group.close()
  })
})
