import { Buffer } from 'node:buffer'

import fc from 'fast-check'

import type { RawRequest } from '../support/requests/raw-request.ts'
import { places, type Route, routes } from './routes.ts'

/** The limit of bodies, for requests that are above it. */
export const bodyBytes = 20_000

/** JSON texts that a careful client would not write, and some that are wrong. */
const oddJson = fc.oneof(
  fc.constantFrom(
    '1e999',
    '-0',
    '9007199254740993',
    '1e-400',
    'null',
    'true',
    '""',
    '[]',
    '{}',
    '-1',
    '0.5',
    '"\\ud800"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ufeff"',
    '"__proto__"',
    '"constructor"',
    '{"__proto__":{"id":"x"}}',
    '{"constructor":{"prototype":{}}}',
    '{"length":-1}',
    '"../x"',
    'NaN',
    '01',
    '{"a":1,}',
    "'a'",
    '"',
    '[',
    '{"a"',
    '\u0000',
    '['.repeat(4_000) + ']'.repeat(4_000),
    '{"a":'.repeat(2_000) + '1' + '}'.repeat(2_000),
    `"${'x'.repeat(5_000)}"`,
    `[${'1,'.repeat(3_000)}1]`,
  ),
  fc.json({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 80 }).map((text) => JSON.stringify(text)),
  fc.double().map(String),
)

/** All places in a value, as paths. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, one]) => placesIn(one, [...path, key]))]
}

const mark = '@here@'

/** A value's JSON with another text in one place. */
function withOdd(value: unknown, path: readonly string[], odd: string): string {
  const put = (at: unknown, [key, ...rest]: readonly string[]): unknown => {
    if (key === undefined) return mark
    if (Array.isArray(at)) return at.map((one, i) => (String(i) === key ? put(one, rest) : one))
    return { ...Object(at), [key]: put(Object(at)[key], rest) }
  }
  return JSON.stringify(put(value, path)).replace(`"${mark}"`, () => odd)
}

const segment = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('session', 'theirs', 'none') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '%00',
      'a%00b',
      '%',
      '%E0%A4%A',
      '%ff',
      '..',
      '%2e%2e%2fx',
      '%252e',
      '__proto__',
      'constructor',

      '%ED%A0%80',
      '\\..\\x',
      ';a=b',
      '%0d%0aset-cookie:a',
      '%F0%9F%98%80',
      '*',
      ':id',
      '-1',
      '@x:1',
      'a'.repeat(65),
      'a'.repeat(3_000),
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }).map(encodeURIComponent) },
)

const queryValue = fc.oneof(
  fc.constantFrom(
    '-1',
    'now',
    'sse',
    'long-poll',
    '',
    '0',
    '9'.repeat(16),
    `${'9'.repeat(16)}.x.y`,
    '0000000000000001.a.b',
    '%00',
    '0000000000000001.%00.b',
    '%',
    '%ff',
    '1e9',
    '-5',
    'x'.repeat(2_000),
  ),
  fc.webQueryParameters({ size: 'small' }),
)
const query = fc
  .array(
    fc.tuple(fc.constantFrom('offset', 'live', 'cursor', 'id', '__proto__', 'x'), queryValue),
    {
      maxLength: 4,
    },
  )
  .map((pairs) => (pairs.length > 0 ? `?${pairs.map((pair) => pair.join('=')).join('&')}` : ''))

const headerValue = fc.oneof(
  fc.constantFrom(
    '*',
    '""',
    'W/"x"',
    'bytes=0-',
    '-1',
    'a.1.b',
    '0',
    '99999999999999999999',
    '\u00ff',
    'null',
    'x'.repeat(5_000),
  ),
  fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((n) => String.fromCharCode(n)) }),
)
const oddHeaders = fc.array(
  fc.tuple(
    fc.constantFrom(
      'last-event-id',
      'if-none-match',
      'accept',
      'range',
      'cookie',
      'content-disposition',
      'origin',
      'caughtup-protocol',
      'content-encoding',
      'x-forwarded-host',
      'sec-fetch-site',
    ),
    headerValue,
  ),
  { maxLength: 2 },
)

const posts: Route[] = Object.values(routes).filter(({ method }) => method === 'POST')

const anId = fc.oneof(fc.constantFrom('session', 'theirs'), fc.uuid())

/** What a client of a route sends, with something odd in one place of it. */
const oddBody = ({ body }: Route) =>
  fc.tuple(anId, fc.nat(), oddJson).map(([id, at, odd]) => {
    const value = body?.(id)
    const all = placesIn(value)
    return Buffer.from(withOdd(value, all[at % all.length] ?? [], odd))
  })

const anyBody = fc.oneof(
  { weight: 2, arbitrary: oddJson.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.constant(Buffer.alloc(bodyBytes + 1, 0x20)) },
  { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
)

/** A path with a method and a body. */
const asked = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(...posts).chain((route) =>
      fc.record({
        path: fc.constant(route.path),
        method: fc.constant('POST'),
        body: fc.oneof({ weight: 8, arbitrary: oddBody(route) }, { weight: 1, arbitrary: anyBody }),
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...places).chain(({ path, methods }) =>
      fc.record({
        path: fc.constant(path),
        method: fc.oneof(
          { weight: 6, arbitrary: fc.constantFrom(...methods) },
          {
            weight: 1,
            arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'PUT', 'OPTIONS'),
          },
        ),
        body: anyBody,
      }),
    ),
  },
)

const usually = <T>(value: T, otherwise: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: otherwise })

/** Requests to routes of mounts: most are nearly right, and in their ids `session` stands for the caller’s own one. */
export const oddRequest: fc.Arbitrary<RawRequest> = fc
  .record({
    asked,
    segment,
    query,
    type: usually(
      'application/json',
      fc.constantFrom(
        'application/json; charset=utf-16',
        'application/jsonx',
        'text/plain',
        '',
        'a',
        '*/*',
      ),
    ),
    oddHeaders: usually([], oddHeaders),
    host: usually(
      'localhost',
      fc.constantFrom('evil.example', '', '[', 'a b', 'localhost:99999', '@localhost'),
    ),
    as: usually('owner', headerValue),
    chunk: fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: undefined }),
    cut: usually<number | undefined>(undefined, fc.nat()),
  })
  .map(({ asked: { path, method, body }, type, chunk, cut, ...one }) => {
    const hasBody = method === 'POST' || method === 'PUT'
    return {
      method,
      target: path.replace(':id', () => one.segment) + one.query,
      headers: [
        ['host', one.host],
        ['x-principal', one.as],
        ...(hasBody && type !== '' ? [['content-type', type] as const] : []),
        ...one.oddHeaders,
      ],
      ...(hasBody && { body, chunk, cut }),
    }
  })
