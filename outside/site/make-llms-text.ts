// Writes `llms.txt`, the table of contents for language models, and `llms-full.txt`, all documents in one.
// The form of the first: https://llmstxt.org
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { pagesFolder } from './make-pages.ts'
import { referencePages } from './make-reference.ts'
import { sections } from './site-pages.ts'

export function makeLlmsText(): void {
  const contents = sections.map(({ title, pages }) =>
    [`## ${title}`, '', ...pages.map((page) => `- [${page.title}](/${page.path})`)].join('\n'),
  )
  const reference = referencePages.map(({ name, path: place }) => `- [${name}](/${place})`)
  const head = [
    '# Caughtup',
    '',
    '> The durable session layer for AI chats and agents that a team hosts itself: any client, after any interruption, is caught up, nothing lost, nothing twice.',
  ].join('\n')
  write('llms.txt', [head, ...contents, ['## API', '', ...reference].join('\n')].join('\n\n'))
  const all = sections.flatMap(({ pages }) => pages)
  const texts = all.map((page) => readFileSync(path.join(pagesFolder, `${page.path}.md`), 'utf8'))
  write('llms-full.txt', [head, ...texts].join('\n\n---\n\n'))
}

function write(name: string, text: string): void {
  writeFileSync(path.join(pagesFolder, 'public', name), `${text}\n`)
}
