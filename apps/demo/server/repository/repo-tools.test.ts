import { describe, expect, it } from 'vitest'

import { checkoutWith } from '../testing/test-repository.ts'
import { createRepoTools } from './repo-tools.ts'
import { Repository } from './repository.ts'
import { SearchIndex } from './search-index.ts'

async function testTools() {
  const long = Array.from({ length: 300 }, (_, index) => `line ${index + 1}`).join('\n')
  const files = { 'README.md': '# Title\n\nwords', 'src/a.ts': 'const a = 1', 'long.txt': long }
  const repository = await Repository.open(checkoutWith(files))
  return createRepoTools(repository, new SearchIndex(repository))
}

describe('the repository’s tools', () => {
  it('list all files, or those of a folder', async () => {
    const { list } = await testTools()
    expect(list.run({})).toEqual({ paths: ['README.md', 'long.txt', 'src/a.ts'], total: 3 })
    expect(list.run({ folder: 'src' })).toEqual({ paths: ['src/a.ts'], total: 1 })
    expect(list.run({ folder: 'sr' })).toEqual({ paths: [], total: 0 })
  })

  it('read the requested lines, up to a limit', async () => {
    const { read } = await testTools()
    expect(read.run({ path: 'long.txt', from: 2, to: 3 })).toEqual({
      path: 'long.txt',
      from: 2,
      to: 3,
      lines: 300,
      text: 'line 2\nline 3',
    })
    expect(read.run({ path: 'long.txt' })).toMatchObject({ from: 1, to: 120, lines: 300 })
  })

  it('refuse to read a file outside the repository', async () => {
    const { read } = await testTools()
    expect(() => read.run({ path: '../../etc/passwd' })).toThrow('is not a file')
    expect(read.input.safeParse({ path: 'long.txt', from: 0 }).success).toBe(false)
  })

  it('search, and name the places of the matches', async () => {
    const { search } = await testTools()
    expect(search.run({ query: 'words' })).toMatchObject({
      total: 1,
      matches: [{ path: 'README.md', line: 1, title: 'Title', words: ['words'] }],
    })
  })
})
