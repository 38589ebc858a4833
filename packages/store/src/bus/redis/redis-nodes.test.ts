import { expect, test } from 'vitest'

import { RedisNodes } from './redis-nodes.ts'

const moved = (to: string) => new Error(`MOVED 3999 ${to}`)

test.each([
  ['10.0.0.3:7001', 'rediss://user:password@10.0.0.3:7001'],
  ['::1:7001', 'rediss://user:password@[::1]:7001'],
  ['b.example:7001', 'rediss://user:password@b.example:7001'],
  // The node that answered does not know its own name.
  [':7001', 'rediss://user:password@a.example:7001'],
])('a channel at %s is looked for there, with the same password', (to, url) => {
  const nodes = new RedisNodes(['rediss://user:password@a.example:7000'])
  expect(nodes.follow(moved(to))).toBe(true)
  expect(nodes.current).toBe(url)
})

test('nodes are asked in turn where one is lost, a named one first', () => {
  const nodes = new RedisNodes(['redis://a:1', 'redis://b:1'])
  nodes.lost('redis://a:1')
  expect(nodes.current).toBe('redis://b:1')
  nodes.follow(moved('c:1'))
  expect(nodes.current).toBe('redis://c:1')
  // Another connection lost it, or this one does.
  nodes.lost('redis://a:1')
  expect(nodes.current).toBe('redis://c:1')
  nodes.lost('redis://c:1')
  expect(nodes.current).toBe('redis://b:1')
  nodes.lost('redis://b:1')
  expect(nodes.current).toBe('redis://a:1')
})

test('other errors lead nowhere', () => {
  const nodes = new RedisNodes(['/run/redis.sock'])
  expect(nodes.follow(new Error('CLUSTERDOWN The cluster is down'))).toBe(false)
  expect(nodes.follow(undefined)).toBe(false)
  expect(nodes.current).toBe('/run/redis.sock')
})
