import { describe, expect, it } from 'vitest'

import { rebaseLinks, sourceHref } from './source-link.ts'

const isFile = (path: string) => path === 'docs/a b.md' || path === 'PROTOCOL.md'
const rebase = (markdown: string) => rebaseLinks(markdown, 'docs/guide.md', isFile)

describe('source links', () => {
  it('name the file and the line', () => {
    expect(sourceHref('docs/a b#1.md', 3)).toBe('/source/docs/a%20b%231.md#L3')
  })

  it('replace the relative links of a quote', () => {
    expect(rebase('see [it](../PROTOCOL.md#frames)')).toBe('see [it](/source/PROTOCOL.md#L1)')
  })

  it('reduce a link to an unknown file to its text', () => {
    expect(rebase('a [folder](../src) and ![an image](x.png)')).toBe('a folder and an image')
  })

  it('leave other links as they are', () => {
    const markdown = '[a](https://example.org) [b](#here) [c](/rpc)'
    expect(rebase(markdown)).toBe(markdown)
  })
})
