import { expect, test } from 'vitest'

import { speaksHttp1, speaksHttp2 } from './http-version.ts'

const chat = new URL('https://chat.example/rpc')

test.each([
  ['h2', true, false],
  ['h3', true, false],
  ['http/1.1', false, true],
  ['', false, false],
])('a page that came over %j has room for many streams: %s', (nextHopProtocol, many, few) => {
  const requests = [{ name: 'https://chat.example/a', nextHopProtocol }]
  expect(speaksHttp2(chat, requests)).toBe(many)
  expect(speaksHttp1(chat, requests)).toBe(few)
})

test('the newest request to the same origin with a known protocol counts', () => {
  const requests = [
    { name: 'https://chat.example/', nextHopProtocol: 'http/1.1' },
    { name: 'https://chat.example/main.js', nextHopProtocol: 'h2' },
    { name: 'https://chat.example/blocked', nextHopProtocol: '' },
    { name: 'https://cdn.example/', nextHopProtocol: 'http/1.1' },
    { name: 'first-paint', nextHopProtocol: 'http/1.1' },
  ]
  expect(speaksHttp2(chat, requests)).toBe(true)
  expect(speaksHttp2(new URL('https://other.example'), requests)).toBe(false)
})

test('without TLS it is HTTP/1.1, also of another origin that tells nothing', () => {
  expect(speaksHttp1(new URL('http://chat.example/rpc'), [])).toBe(true)
  expect(speaksHttp1(chat, [])).toBe(false)
})
