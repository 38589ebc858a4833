// Compares outside/site/site-pages.ts with the documents: each has one place on the site, each that it names exists,
// and so does every file that a document links to. (Anchors are for the site's own test, which has its headings.)
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { pages } from '../../outside/site/site-pages.ts'

const root = path.join(import.meta.dirname, '../..')
const list = 'outside/site/site-pages.ts'
const documents = globSync(
  ['*.md', 'docs/**/*.md', 'benches/*.md', '{packages,apps}/*/README.md'],
  {
    cwd: root,
  },
)
/** The two that are the front page: of the repository and of the site. */
const fronts = ['README.md', 'docs/index.md']

const problems: string[] = []
const sources = pages.map(({ source }) => source)
for (const document of documents) {
  if (!fronts.includes(document) && !sources.includes(document))
    problems.push(`${list} does not say where ${document} stands.`)
}
for (const [what, values] of [
  ['source', sources],
  ['address', pages.map((page) => page.path)],
] as const) {
  for (const value of new Set(values.filter((one, place) => values.indexOf(one) !== place)))
    problems.push(`${list} has two pages with the ${what} ${value}.`)
}
for (const source of sources) {
  if (!existsSync(path.join(root, source))) problems.push(`${list} names ${source}: no such file.`)
}
for (const document of documents) {
  const text = readFileSync(path.join(root, document), 'utf8').replace(/^```.*?^```$/gms, '')
  for (const [, target = ''] of text.matchAll(/\]\((?!https?:|mailto:|#|\/)([^)\s]+)\)/g)) {
    const [file = ''] = target.split('#')
    if (!existsSync(path.join(root, path.dirname(document), file)))
      problems.push(`${document} links to ${target}, which leads nowhere.`)
  }
}
for (const problem of problems) console.error(problem)
console.log(`${documents.length} documents, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
