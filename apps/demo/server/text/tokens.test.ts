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
  ])('splits %j into pieces that join to the same text', (text) => {
    expect(tokensOf(text).join('')).toBe(text)
  })

  it('keeps white space with the word after it', () => {
    expect(tokensOf('one two\n three')).toEqual(['one', ' two', '\n three'])
  })
})

describe('approximateTokens', () => {
  it('counts four characters as one', () => {
    expect(approximateTokens('12345')).toBe(2)
  })
})
