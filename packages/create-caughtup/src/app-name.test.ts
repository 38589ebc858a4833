import { expect, test } from 'vitest'

import { appName } from './app-name.ts'

test.each(['my-app', 'a', '3d', 'app.v2', '~app', '-app', 'x'.repeat(214)])(
  'the folder %s is a name',
  (name) => {
    expect(appName(`/apps/${name}`)).toBe(name)
  },
)

test.each([
  ['My-App', 'npm allows lower-case letters'],
  ['my app', 'npm allows lower-case letters'],
  ['.hidden', 'npm allows lower-case letters'],
  ['_app', 'npm allows lower-case letters'],
  ['äpp', 'npm allows lower-case letters'],
  ['node_modules', 'npm keeps this name'],
  ['fs', 'npm keeps this name'],
  ['x'.repeat(215), 'npm allows 214 characters, and it has 215'],
])('the folder %s is no name, and the error says why', (name, why) => {
  expect(() => appName(`/apps/${name}`)).toThrow(
    `The folder is the app's name, and "${name}" cannot be one: ${why}`,
  )
})
