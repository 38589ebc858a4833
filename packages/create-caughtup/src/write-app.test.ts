import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { writeApp } from './write-app.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'create-caughtup-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The last one cannot be written: its folder is a file. */
const impossible = new Map(
  ['a.txt', 'server/main.ts', 'a.txt/b.txt'].map((name) => [name, Buffer.from(name)]),
)

test('a failure leaves no folder behind that was made', () => {
  expect(() => writeApp(path.join(folder, 'apps/new'), impossible)).toThrow(/EEXIST|ENOTDIR/)
  expect(readdirSync(folder)).toEqual([])
})

test('a failure leaves in a folder that was there what was in it', () => {
  const app = path.join(folder, 'app')
  mkdirSync(path.join(app, '.git'), { recursive: true })
  expect(() => writeApp(app, impossible)).toThrow(/EEXIST|ENOTDIR/)
  expect(readdirSync(app)).toEqual(['.git'])
})
