import { describe, expect, it } from 'vitest'

import { checkoutWith, ownRoot } from '../testing/test-repository.ts'
import { Repository } from './repository.ts'
import { SearchIndex } from './search-index.ts'

async function indexOf(files: Record<string, string>) {
  return new SearchIndex(await Repository.open(checkoutWith(files)))
}

const titles = (index: SearchIndex, query: string) =>
  index.search(query).map(({ section }) => section.title)

describe('SearchIndex', () => {
  it('finds a word in its other forms, and in identifiers', async () => {
    const index = await indexOf({
      'a.md': '# Network\n\nThe client reconnects.',
      'b.ts': '/** Later. */\nexport function reconnectLater() {}',
      'c.md': '# Other\n\nNothing of it.',
    })
    expect(titles(index, 'How does reconnecting happen?').toSorted()).toEqual([
      'Network',
      'reconnectLater',
    ])
  })

  it('ranks a section with more of the words higher', async () => {
    const index = await indexOf({
      'a.md': '# One\n\nwindow window window',
      'b.md': '# Two\n\nA flush ends the window.',
      'c.md': '# Three\n\nflush',
    })
    const [best] = index.search('flush window')
    expect(best!.section.title).toBe('Two')
    expect(best!.words).toEqual(['flush', 'window'])
  })

  it('ranks a rare word above a common one', async () => {
    const index = await indexOf({
      'a.md': '# One\n\nsession cursor',
      'b.md': '# Two\n\nsession window',
      'c.md': '# Three\n\nsession window',
      'd.md': '# Four\n\nsession window',
    })
    expect(titles(index, 'cursor or window')[0]).toBe('One')
  })

  it('ranks an exactly spelled name first', async () => {
    const index = await indexOf({
      'a.ts': '/** Applies an event, any event, to apply it. */\nexport function applyAll() {}',
      'b.ts': '/** One. */\nexport function applyEvent() {}',
    })
    expect(titles(index, 'what does applyEvent do')[0]).toBe('applyEvent')
  })

  it('finds nothing for unknown words and stop words', async () => {
    const index = await indexOf({ 'a.md': '# One\n\ntext' })
    expect(index.search('zebra')).toEqual([])
    expect(index.search('What is it about?')).toEqual([])
    expect(index.search('')).toEqual([])
  })

  it.each([
    ['What is the layer rule?', 'CONTRIBUTING.md'],
    ['What does applyEvent do?', 'packages/schema/src/fold/view.ts'],
    ['What is Caughtup?', 'README.md'],
    ['How do I run the tests?', 'CONTRIBUTING.md'],
  ])('answers %s from %s of this repository', async (question, path) => {
    const index = new SearchIndex(await Repository.open(ownRoot))
    const best = index.search(question).slice(0, 2)
    expect(best.map(({ section }) => section.path)).toContain(path)
  })
})
