import { expect, test } from 'vitest'

import { help, parseCommandLine } from './command-line.ts'

test('a command names a folder, a template and where the packages are', () => {
  expect(parseCommandLine(['my-app', '--template', 'hono', '--packages=/tmp/x'])).toEqual({
    do: 'create',
    target: 'my-app',
    template: 'hono',
    packages: '/tmp/x',
  })
  expect(parseCommandLine(['-t', 'next', '.'])).toEqual({
    do: 'create',
    target: '.',
    template: 'next',
  })
  expect(parseCommandLine([])).toEqual({ do: 'create' })
})

test.each([
  [['--help'], 'help'],
  [['-h', 'my-app'], 'help'],
  [['--version'], 'version'],
])('%j asks for the %s', (args, asked) => {
  expect(parseCommandLine(args)).toEqual({ do: asked })
})

test('the help names each template', () => {
  expect(help).toContain('hono ')
  expect(help).toContain('next ')
})

test.each([
  [['a', '--template', 'vue'], 'There is no template "vue". There are: hono, next.'],
  [['a', '--template', 'toString'], 'There is no template "toString". There are: hono, next.'],
  [['a', 'b'], 'One folder at a time: "b" is one too many.'],
  [['a', '--force'], "Unknown option '--force'. See --help."],
  [['a', '--template'], "Option '-t, --template <value>' argument missing. See --help."],
])('%j is refused', (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(message)
})
