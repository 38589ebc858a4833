import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import {
  closeAudience,
  openAudience,
  sendAnswer,
} from '../../benches/src/subscribers/measure/answer.ts'
import { startClients, startSide } from '../../benches/src/subscribers/measure/processes.ts'
import { peers } from '../../benches/src/subscribers/sides/peers.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'caughtup-peers-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

for (const side of peers) {
  describe.skipIf(isLacking(side.needs))(side.name, () => {
    it('sends every token to three subscribers, once and in order', async () => {
      await using server = await startSide(side, folder)
      await using clients = startClients()
      const audience = await openAudience({ server, clients }, { transport: 'http', count: 3 })

      const order = { tokens: 40, perSecond: 400, atMost: 5 }
      const { written, arrived } = await sendAnswer(audience, order)

      await closeAudience(audience)
      expect(written.tokens).toBe(40)
      expect(arrived.deliveries).toBe(3 * 40)
    })

    it('sends what was written before to those who come later', async () => {
      await using server = await startSide(side, folder)
      await using clients = startClients()
      const { session, subscription } = await server.call('open', 'http')
      const order = { session, tokens: 40, perSecond: 400, atMost: 5 }
      const { characters, chain } = await server.call('write', order)
      const group = await clients.call('connect', { subscription, count: 3 })

      const caught = await clients.call('catchUp', { group, characters, chain, within: 5 })

      expect(caught.deliveries).toBe(3 * 40)
    })
  })
}

it('rejects a text that lacks a token', async () => {
  const [side] = peers
  if (!side) throw new Error('There is no peer')
  await using server = await startSide(side, folder)
  await using clients = startClients()
  const { session, subscription } = await server.call('open', 'http')
  const order = { session, tokens: 3, perSecond: 400, atMost: 5 }
  const { characters, chain } = await server.call('write', order)
  const group = await clients.call('connect', { subscription, count: 1 })

  const caught = clients.call('catchUp', { group, characters, chain: chain + 1, within: 5 })

  await expect(caught).rejects.toThrow(`with the hash ${chain} instead of ${characters}`)
})

/** On the CI every peer has what it needs; a test that fails there says what was not installed. */
function isLacking(command: string | undefined): boolean {
  if (command === undefined || process.env.CI === 'true') return false
  if (!spawnSync(command, ['--version']).error) return false
  console.log(`Skipped what needs ${command}: this machine does not have it.`)
  return true
}
