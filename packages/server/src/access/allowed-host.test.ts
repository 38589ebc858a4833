import { describe, expect, test } from 'vitest'

import { isAllowedHost } from './allowed-host.ts'

const loopback = ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']
const outside = ['192.0.2.7', '10.1.27.127', '::ffff:192.0.2.7', '2001:db8::1', undefined]
const local = [
  'localhost',
  'LOCALHOST:4000',
  'app.localhost:1',
  '127.0.0.1:80',
  '127.1.2.3',
  '[::1]',
]
const foreign = [
  'evil.example',
  'localhost.evil.example',
  'evil.example:80',
  '127.0.0.1.evil.example',
  'notlocalhost',
  '192.0.2.7',
  '[2001:db8::1]:80',
  'evil.example@localhost',
  'localhost/@evil.example',
  '',
]

describe('without `hosts`', () => {
  test('a connection on a loopback address may use loopback names only', () => {
    for (const address of loopback) {
      for (const host of local)
        expect([host, isAllowedHost(host, undefined, address)]).toEqual([host, true])
      for (const host of foreign)
        expect([host, isAllowedHost(host, undefined, address)]).toEqual([host, false])
    }
  })

  test('any other connection, or an unknown one, may use any name', () => {
    for (const address of outside) {
      for (const host of [...local, ...foreign])
        expect(isAllowedHost(host, undefined, address)).toBe(true)
    }
  })
})

test('with `hosts`, the names in it and loopback names are allowed on every connection', () => {
  const hosts = ['chat.example', 'Other.example:8443', '[2001:db8::2]']
  for (const address of [...loopback, ...outside]) {
    for (const host of [
      ...local,
      'Chat.example',
      'chat.example:1',
      'other.example:8443',
      '[2001:db8::2]:80',
    ]) {
      expect([host, isAllowedHost(host, hosts, address)]).toEqual([host, true])
    }
    for (const host of [...foreign, 'other.example', 'x.chat.example', 'chat.example:1:2']) {
      expect([host, isAllowedHost(host, hosts, address)]).toEqual([host, false])
    }
  }
})

test('`any` allows every host', () => {
  for (const host of [...local, ...foreign])
    expect(isAllowedHost(host, 'any', '127.0.0.1')).toBe(true)
})
