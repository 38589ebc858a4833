import { describe, expect, it } from 'vitest'

import { splitFile } from './split-file.ts'

const outline = (path: string, text: string) =>
  splitFile(path, text).map(({ title, from, to }) => [title, from, to])

describe('splitFile', () => {
  it('splits Markdown at its headings, but not inside code', () => {
    const text = '# One\n\ntext\n\n```sh\n# no heading\n```\n\n## Two\n\nmore'
    expect(outline('docs/x.md', text)).toEqual([
      ['One', 1, 8],
      ['Two', 9, 11],
    ])
  })

  it('titles the text before the first heading with the file name', () => {
    expect(outline('docs/x.md', 'intro\n\n# One')).toEqual([
      ['x.md', 1, 2],
      ['One', 3, 3],
    ])
  })

  it('splits code at its declarations, each with its comment', () => {
    const text = `import x from 'x'

/** The first. */
export async function first() {
  const inner = 1
}

// The second,
// in two lines.
class Second {}
`
    expect(outline('src/x.ts', text)).toEqual([
      ['first', 3, 6],
      ['Second', 8, 10],
    ])
  })

  it('keeps a test file whole, and a file without declarations', () => {
    expect(outline('src/x.test.ts', 'const a = 1\nconst b = 2')).toEqual([['x.test.ts', 1, 2]])
    expect(outline('src/x.ts', "export { a } from './a.ts'")).toEqual([['x.ts', 1, 1]])
  })

  it('cuts everything else into stretches', () => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index + 1}`)
    expect(outline('x.yaml', lines.join('\n'))).toEqual([
      ['x.yaml', 1, 40],
      ['x.yaml', 41, 50],
    ])
  })
})
