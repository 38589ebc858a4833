import { expect, test } from 'vitest'

import { matchPath } from './route-path.ts'

test.each([
  ['', '', {}],
  ['', '/', undefined],
  ['/:id', '/a', { id: 'a' }],
  ['/:id', '/', undefined],
  ['/:id', '/a/', undefined],
  ['/:id', '/a%2Fb%20c', { id: 'a/b c' }],
  ['/:id', '/%E0', undefined],
  ['/:id/stream', '/a/stream', { id: 'a' }],
  ['/:id/stream', '/a/other', undefined],
  ['/:id/stream', '/a', undefined],
  ['/openapi.json', '/openapi.json', {}],
  ['/*', '/a/b/c', { rest: 'a/b/c' }],
  ['/*', '', undefined],
])('the route %j takes of %j', (route, pathname, params) => {
  expect(matchPath(route, pathname)).toEqual(params)
})
