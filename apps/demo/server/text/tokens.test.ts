import { describe, expect, it } from 'vitest'

import { approximateTokens, tokensOf } from './tokens.ts'

describe('tokensOf', () => {
  it.each([
    '',
    ' ',
    'word',
    'a longer sentence,\n\n- with a list\n',
    '  indented\tcode ',
    '…é😀 ü',
  ])('cuts %j into pieces that are it when joined', (text) => {
    expect(tokensOf(text).join('')).toBe(text)
  })

  it('keeps white space with what follows it', () => {
    expect(tokensOf('one two\n three')).toEqual(['one', ' two', '\n three'])
  })
})

describe('approximateTokens', () => {
  it('counts four characters as one', () => {
    expect(approximateTokens('12345')).toBe(2)
  })
})
