import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import { Redis } from 'ioredis'

import { type RunningRedis, startRedis } from './local-redis.ts'

export interface TestRedisCluster {
  /** Of each node. */
  urls: string[]
  /** The node that has a channel. */
  ownerOf(channel: string): Promise<number>
  /** Gives a channel to a node. */
  give(channel: string, node: number): Promise<void>
  /** Cuts all connections of clients. */
  cut(): Promise<void>
  stop(node: number): Promise<void>
  /** Resolves when the cluster is whole again. */
  start(node: number): Promise<void>
  end(): Promise<void>
}

/** How long a node may not answer before the others notice, in ms. */
const nodeTimeout = 1_000

/** Three nodes that have a third of the slots each, without replicas. They end with this process, however that ends. */
export async function redisCluster(): Promise<TestRedisCluster> {
  const ports = await freePorts(6)
  const nodes: (RunningRedis & { folder: string })[] = []
  /** What stopped nodes know of the cluster; their folders are gone. */
  const known = new Map<number, string>()
  for (const [index, port] of ports.slice(0, 3).entries()) {
    const settings = ['--bind', '127.0.0.1', '--port', String(port), '--protected-mode', 'no']
    const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(ports[index + 3])]
    const timeout = ['--cluster-node-timeout', String(nodeTimeout)]
    const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-redis-'))
    const node = await startRedis(folder, [...settings, ...cluster, ...timeout])
    nodes.push({ ...node, folder })
  }
  const urls = ports.slice(0, 3).map((port) => `redis://127.0.0.1:${port}`)
  const ask = async (node: number, ...command: [string, ...(string | number)[]]) => {
    const client = new Redis(urls[node] ?? '')
    client.on('error', () => {}) // It tries again.
    try {
      return await client.call(...command)
    } finally {
      client.disconnect()
    }
  }
  const isWhole = async () => {
    for (const [node] of urls.entries()) {
      const state = String(await ask(node, 'CLUSTER', 'INFO'))
      const others = String(await ask(node, 'CLUSTER', 'NODES'))
      if (!state.includes('cluster_state:ok') || !state.includes('cluster_known_nodes:3'))
        return false
      if (/fail|disconnected|handshake/.test(others)) return false
    }
    return true
  }
  const whole = async () => {
    while (!(await isWhole())) await setTimeout(50)
  }
  const slots = 16_384
  for (const [node] of urls.entries()) {
    const [first, last] = [node, node + 1].map((third) => Math.ceil((slots * third) / 3))
    await ask(node, 'CLUSTER', 'ADDSLOTSRANGE', first ?? 0, (last ?? 0) - 1)
    // Else nodes that begin alike need long to agree.
    await ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', node + 1)
    if (node > 0) await ask(node, 'CLUSTER', 'MEET', '127.0.0.1', ports[0] ?? 0, ports[3] ?? 0)
  }
  await whole()
  const fileOf = (node: number) => path.join(nodes[node]?.folder ?? '', 'nodes.conf')
  const ids: string[] = []
  for (const [node] of urls.entries()) ids.push(String(await ask(node, 'CLUSTER', 'MYID')))
  return {
    urls,
    async ownerOf(channel) {
      const client = new Redis(urls[0] ?? '')
      const moved = await client.exists(channel).then(
        () => urls[0] ?? '',
        (error: unknown) => String(error),
      )
      client.disconnect()
      return ports.findIndex((port) => moved.endsWith(`:${port}`))
    },
    async give(channel, node) {
      const slot = Number(await ask(node, 'CLUSTER', 'KEYSLOT', channel))
      const others = urls.map((_, index) => index).filter((each) => each !== node)
      for (const each of [node, ...others]) {
        await ask(each, 'CLUSTER', 'SETSLOT', slot, 'NODE', ids[node] ?? '')
      }
    },
    async cut() {
      for (const [node] of urls.entries()) {
        for (const type of ['pubsub', 'normal']) {
          await ask(node, 'CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes')
        }
      }
    },
    async stop(node) {
      known.set(node, readFileSync(fileOf(node), 'utf8'))
      await nodes[node]?.stop()
    },
    async start(node) {
      mkdirSync(nodes[node]?.folder ?? '', { recursive: true })
      writeFileSync(fileOf(node), known.get(node) ?? '')
      await nodes[node]?.start()
      await whole()
    },
    async end() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const listening = servers.map(async (server) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return isPort(address) ? address.port : 0
  })
  const ports = await Promise.all(listening)
  for (const server of servers) server.close()
  return ports
}

function isPort(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}
