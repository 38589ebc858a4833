// Copies the documents of the repository to `pages/`, with links that fit the site.
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'

import { pages } from './site-pages.ts'

const root = path.resolve(import.meta.dirname, '../..')
export const pagesFolder = path.join(import.meta.dirname, 'pages')

/** @throws Error for a document that is not in `site-pages.ts`, and for a link that leads nowhere */
export function makePages(): void {
  const known = new Set(pages.map(({ source }) => source))
  const left = globSync('docs/**/*.md', { cwd: root }).filter(
    (file) => file !== 'docs/index.md' && !known.has(file),
  )
  if (left.length > 0)
    throw new Error(`site-pages.ts does not say where ${left.join(', ')} stands.`)
  rmSync(pagesFolder, { recursive: true, force: true })
  mkdirSync(path.join(pagesFolder, 'public'), { recursive: true })
  cpSync(path.join(root, 'docs/images'), path.join(pagesFolder, 'public/images'), {
    recursive: true,
  })
  copyMermaid()
  for (const { source, path: place } of [{ source: 'docs/index.md', path: 'index' }, ...pages]) {
    const text = readFileSync(path.join(root, source), 'utf8')
    writeFileSync(path.join(pagesFolder, `${place}.md`), withSiteLinks(text, source))
  }
}

/** What draws the diagrams, for `.vitepress/theme/draw-diagrams.ts`. */
function copyMermaid(): void {
  const from = path.join(import.meta.dirname, 'node_modules/mermaid/dist')
  const to = path.join(pagesFolder, 'public/mermaid')
  cpSync(path.join(from, 'mermaid.esm.min.mjs'), path.join(to, 'mermaid.esm.min.mjs'))
  const isCode = (file: string) => !file.endsWith('.map')
  const chunks = 'chunks/mermaid.esm.min'
  cpSync(path.join(from, chunks), path.join(to, chunks), { recursive: true, filter: isCode })
}

/** Fenced blocks stay as they are. */
function withSiteLinks(text: string, source: string): string {
  return text
    .split(/(^```.*?^```$)/ms)
    .map((part, index) => (index % 2 === 0 ? part.replace(link, replacing(source)) : part))
    .join('')
}

/** `[text](target)` and `![text](target)`, unless the target is an address or an anchor of the same page. */
const link = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\((?!https?:|mailto:|#|\/)([^)\s]+)\)/g

const replacing = (source: string) => (_: string, mark: string, text: string, target: string) => {
  const [file = '', anchor] = target.split('#')
  const found = path.posix.join(path.posix.dirname(source), file)
  if (!existsSync(path.join(root, found))) throw new Error(`${source}: ${target} leads nowhere.`)
  if (found.startsWith('docs/images/')) return `${mark}[${text}](/${found.slice('docs/'.length)})`
  const readme = found === 'README.md' ? 'docs/index.md' : found.replace(/\/?$/, '/README.md')
  const page = pages.find((one) => one.source === found || one.source === readme)
  const hash = anchor === undefined ? '' : `#${anchor}`
  if (page) return `[${text}](/${page.path}${hash})`
  // A file of the repository that is not a page: its name, without a link.
  return text.includes('`') ? text : `${text} (\`${found}\`)`
}
