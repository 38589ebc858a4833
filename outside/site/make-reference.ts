// Writes the reference to `pages/api/`: a page for each import path of our packages, with the declaration
// of every export, its docstrings in it, as an editor shows them. It reads the built declarations.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import ts from 'typescript'

import { pagesFolder } from './make-pages.ts'

const root = path.resolve(import.meta.dirname, '../..')
/** A value whose type is longer is a schema or the contract, written out: its name and prose say more. */
const mostLines = 60

export interface ReferencePage {
  /** As it is imported, such as `@caughtup/server/node`. */
  name: string
  /** Its address on the site. */
  path: string
  /** Its built declarations. */
  file: string
}

interface Manifest {
  name: string
  publishConfig?: { exports?: Record<string, { types?: string }> }
}

export const referencePages: readonly ReferencePage[] = globSync('packages/*/package.json', {
  cwd: root,
})
  .sort()
  .flatMap((manifest) => {
    const { name, publishConfig } = JSON.parse(
      readFileSync(path.join(root, manifest), 'utf8'),
    ) as Manifest
    return Object.entries(publishConfig?.exports ?? {}).flatMap(([key, { types }]) => {
      if (types === undefined) return []
      const as = path.posix.join(name, key)
      const place = as.replace('@caughtup/', '').replaceAll('/', '-')
      return [
        { name: as, path: `api/${place}`, file: path.join(root, path.dirname(manifest), types) },
      ]
    })
  })

/** @throws Error if an import path has no built declarations */
export function makeReference(): void {
  const program = ts.createProgram({
    rootNames: referencePages.map(({ file }) => file),
    options: { module: ts.ModuleKind.NodeNext, skipLibCheck: true, noEmit: true },
  })
  mkdirSync(path.join(pagesFolder, 'api'), { recursive: true })
  for (const page of referencePages) {
    writeFileSync(path.join(pagesFolder, `${page.path}.md`), referencePage(program, page))
  }
}

function referencePage(program: ts.Program, { name, file }: ReferencePage): string {
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  if (!module) throw new Error(`${name} has no declarations at ${file}: build the packages first.`)
  const exported = checker
    .getExportsOfModule(module)
    .map((symbol) => ({
      as: symbol.name,
      symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    }))
    .sort((a, b) => order(a.symbol) - order(b.symbol) || a.as.localeCompare(b.as))
  const parts = exported.map(({ as, symbol }) => {
    const declarations = (symbol.declarations ?? []).filter(isShown)
    const heading = `## ${as}`
    const prose = proseOf(declarations)
    const code = declarations.map(declarationText).join('\n')
    const isLong = order(symbol) === 2 && code.split('\n').length > mostLines
    return [heading, prose, ...(isLong ? [] : [`\`\`\`ts\n${code}\n\`\`\``])]
      .filter(Boolean)
      .join('\n\n')
  })
  return `# ${name}\n\n${parts.join('\n\n')}\n`
}

/** What is called before what it is called with. */
function order({ flags }: ts.Symbol): number {
  if (flags & ts.SymbolFlags.Function) return 0
  if (flags & ts.SymbolFlags.Class) return 1
  if (flags & ts.SymbolFlags.Variable) return 2
  return 3
}

function isShown(node: ts.Declaration): boolean {
  return !ts.isModuleDeclaration(node) && !ts.isExportSpecifier(node)
}

/** The docstring of the first declaration, with its tags as a list. */
function proseOf(declarations: readonly ts.Declaration[]): string {
  const [first] = declarations
  if (!first) return ''
  const owner = ts.isVariableDeclaration(first) ? first.parent.parent : first
  const docs = ts.getJSDocCommentsAndTags(owner).filter(ts.isJSDoc)
  const text = docs.map(({ comment }) => inline(comment)).join('\n\n')
  const tags = docs
    .flatMap((doc) => doc.tags ?? [])
    .map((tag) => `- *${tag.tagName.text}* ${nameOf(tag)}${inline(tag.comment)}`)
  return [text, tags.join('\n')].filter(Boolean).join('\n\n')
}

function nameOf(tag: ts.JSDocTag): string {
  return ts.isJSDocParameterTag(tag) ? `\`${tag.name.getText()}\`: ` : ''
}

/** Links become code, and what HTML or Vue would read becomes text. */
function inline(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
  const text =
    typeof comment === 'string' || comment === undefined
      ? (comment ?? '')
      : comment
          .map((part) =>
            part.kind === ts.SyntaxKind.JSDocText ? part.text : `\`${linked(part)}\``,
          )
          .join('')
  return text
    .replace(/^[-–] /, '')
    .split(/(`[^`]*`)/)
    .map((part, index) =>
      index % 2 === 0 ? part.replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;') : part,
    )
    .join('')
}

function linked(part: ts.JSDocComment): string {
  return 'name' in part && part.name ? (part.name as ts.Node).getText() : part.text
}

/** Without its own docstring, which stands above it, and without what is private. */
function declarationText(node: ts.Declaration): string {
  const owner = ts.isVariableDeclaration(node) ? node.parent.parent : node
  const text = owner.getText()
  const privates = /^\s*(?:#private;|private .*;|readonly #.*;)$\n?/gm
  return text.replace(privates, '').replace(/^(?:export )?declare /, '')
}
