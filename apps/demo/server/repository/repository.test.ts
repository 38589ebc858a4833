import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { checkoutWith, folderWith, ownRoot } from '../testing/test-repository.ts'
import { Repository } from './repository.ts'

describe('Repository', () => {
  it('has the files that git tracks and no others', async () => {
    const root = checkoutWith({ 'a.md': 'A', 'src/b.ts': 'B' })
    writeFileSync(join(root, 'secret.env'), 'KEY=1')
    const repository = await Repository.open(root)
    expect(repository.paths).toEqual(['a.md', 'src/b.ts'])
    expect(repository.text('src/b.ts')).toBe('B')
    expect(() => repository.text('secret.env')).toThrow('is not a file of this repository')
  })

  it.each([
    '/etc/passwd',
    '../outside.txt',
    'src/../../outside.txt',
    'src/../a.md',
    './a.md',
    '.git/config',
    'a.md\0',
    '',
  ])('reads nothing at %j', async (path) => {
    const repository = await Repository.open(checkoutWith({ 'a.md': 'A', 'src/b.ts': 'B' }))
    expect(() => repository.text(path)).toThrow('is not a file of this repository')
  })

  it('does not follow a tracked link out of the repository', async () => {
    const outside = folderWith({ 'secret.txt': 'secret' })
    const root = folderWith({ 'a.md': 'A' })
    symlinkSync(join(outside, 'secret.txt'), join(root, 'link.txt'))
    const repository = await Repository.open(root)
    expect(repository.texts.map(({ path }) => path)).toEqual(['a.md'])
  })

  it('lists large and binary files without reading them', async () => {
    const root = checkoutWith({ 'large.txt': 'x'.repeat(300_000), 'image.png': 'P\0NG' })
    const repository = await Repository.open(root)
    expect(repository.paths).toEqual(['image.png', 'large.txt'])
    expect(() => repository.text('large.txt')).toThrow('is not a text file of at most')
    expect(() => repository.text('image.png')).toThrow('is not a text file of at most')
  })

  it('walks the folder where git tracks nothing, without hidden, installed and built files', async () => {
    const root = folderWith({
      'a.md': 'A',
      'src/b.ts': 'B',
      '.hidden/c.md': 'C',
      'node_modules/d/index.js': 'D',
      'packages/e/dist/e.js': 'E',
    })
    expect((await Repository.open(root)).paths).toEqual(['a.md', 'src/b.ts'])
  })

  it('opens the repository that it is in', async () => {
    const repository = await Repository.open(ownRoot)
    expect(repository.text('package.json')).toContain('"caughtup"')
    expect(repository.paths.some((path) => path.startsWith('node_modules/'))).toBe(false)
  })
})
