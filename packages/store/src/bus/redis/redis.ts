import { randomUUID } from 'node:crypto'

import { Redis } from 'ioredis'

import { assertInput } from '../../input/assert-input.ts'
import { type Kind, object, text, yesOrNo } from '../../input/kinds.ts'
import type { BusFactory } from '../../port/bus.ts'
import { LineBus } from '../line-bus.ts'
import { RedisLine } from './redis-line.ts'

export interface RedisOptions {
  /**
   * For instance `redis://user:password@host:6379`, `rediss://…` for TLS, or the path of a socket. Several are nodes
   * of a cluster: where one is gone, the next is asked.
   */
  url: string | readonly string[]
  /**
   * Processes hear each other if theirs is the same. Give each database its own: 1 to 100 characters.
   * @default 'caughtup'
   */
  prefix?: string
  /**
   * Publish with SPUBLISH (Redis 7 or later), which the nodes of a cluster do not pass on to all others: the channel
   * is at one of them, which the others name. Give all processes the same: sharded channels and others do not hear
   * each other.
   * @default false
   */
  sharded?: boolean
}

const addresses: Kind = {
  words: 'the address of a Redis, or those of nodes of a cluster',
  is: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => text.is(each)),
}
const aPrefix: Kind = {
  words: 'a text of 1 to 100 characters',
  is: (value) => typeof value === 'string' && value.length > 0 && value.length <= 100,
}
const aSwitch: Kind = { ...yesOrNo, is: (value) => value === undefined || yesOrNo.is(value) }

/**
 * Redis (6 or later) as the bus between processes, over two connections per store. It keeps nothing there. Without an
 * answer from Redis a store works, and hears of others' changes within 2 s instead of at once.
 *
 * Anyone who can listen to Redis sees what is written. Anyone who can publish in it can show the watchers of sessions
 * what was never written, until they read again; nobody can write through it.
 *
 * @throws CaughtupError `BAD_INPUT`
 */
export function redis(options: RedisOptions): BusFactory {
  assertInput('options', options, object)
  const { url, prefix = 'caughtup', sharded = false } = options
  const urls = typeof url === 'string' ? [url] : url
  assertInput('url', urls, addresses)
  assertInput('prefix', prefix, aPrefix)
  assertInput('sharded', sharded, aSwitch)
  return {
    async open({ clock }) {
      const line = new RedisLine({
        urls,
        channel: `${prefix}:changes`,
        sharded,
        clock,
        connect: (to, settings) => new Redis(to, settings),
      })
      const bus = new LineBus(line, { clock, name: randomUUID() })
      await line.start(bus)
      return bus
    },
  }
}
