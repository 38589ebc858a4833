import { cpSync } from 'node:fs'
import path from 'node:path'

import { contract } from '@caughtup/schema'
import type { Agent } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { sqlite } from '@caughtup/store/sqlite'
import { createChatClient, sse } from '@caughtup/web-client'

import { type Opened, reopen } from '../host/opened.ts'
import type { Exchange } from '../recorded/exchange.ts'
import { type Device, writeJson } from '../recorded/releases.ts'
import { callEverything, quickAgent } from './calls.ts'
import { readAt } from './record-database.ts'
import { Recorder } from './recorder.ts'
import { recordScenes, recordSocket } from './streams.ts'

/** What clients and a server on the recorded SQLite database say to each other. */
export async function recordHttp(
  folder: string,
  work: string,
  devices: readonly Device[],
): Promise<void> {
  await recordCalls(folder, path.join(work, 'called'), devices)
  await recordStreams(folder, path.join(work, 'followed'), devices)
}

async function recordCalls(folder: string, work: string, devices: readonly Device[]) {
  const recorder = new Recorder()
  const opened = await copyOf(folder, work, quickAgent)
  const { host } = opened
  const serving = await serve(host.chat)
  const as = (principal: string) =>
    createChatClient({
      link: sse({
        url: `${serving.url}/rpc`,
        headers: { authorization: `Bearer ${principal}` },
        fetch: recorder.fetch,
      }),
    })
  const ask = (target: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    if (!headers.has('authorization')) headers.set('authorization', 'Bearer ann')
    return recorder.fetch(new Request(serving.url + target, { ...init, headers }))
  }
  const [ann, bob] = [as('ann'), as('bob')]
  try {
    await callEverything({ host, devices, ann, bob, ask })
  } finally {
    ann.close()
    bob.close()
    await opened.close(serving)
  }
  assertComplete(recorder.exchanges)
  writeJson(path.join(folder, 'http/calls.json'), recorder.exchanges)
}

async function recordStreams(folder: string, work: string, devices: readonly Device[]) {
  const opened = await copyOf(folder, work)
  const serving = await serve(opened.host.chat)
  try {
    const scenes = await recordScenes({ ...opened, url: serving.url }, devices)
    writeJson(path.join(folder, 'http/scenes.json'), scenes)
    writeJson(path.join(folder, 'http/socket.json'), await recordSocket(serving.url))
  } finally {
    await opened.close(serving)
  }
}

/** A recording that lacks a procedure would promise nothing of it. */
function assertComplete(exchanges: readonly Exchange[]): void {
  const called = new Set(exchanges.map(({ request }) => request.path))
  const paths = Object.entries(contract).flatMap(([name, member]) =>
    '~orpc' in member ? [name] : Object.keys(member).map((procedure) => `${name}/${procedure}`),
  )
  const missing = paths.filter((one) => !called.has(`/rpc/${one}`))
  if (missing.length > 0) throw new Error(`Nobody has called ${missing.join(', ')}.`)
}

async function copyOf(folder: string, copy: string, agent?: Agent): Promise<Opened> {
  cpSync(path.join(folder, 'sqlite'), copy, { recursive: true })
  const storage = sqlite({ path: path.join(copy, 'chat.db') })
  return reopen(storage, { readAt, files: path.join(copy, 'files') }, agent)
}
