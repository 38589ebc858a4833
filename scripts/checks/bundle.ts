// Bundles what pages import from the built packages, as their bundlers would, and fails if the bundle
// has zod, the contract, a Node built-in or a link that was not imported. Prints the sizes.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'vite'

interface Forbidden {
  name: string
  pattern: RegExp
}

const forbidden: readonly Forbidden[] = [
  { name: 'zod', pattern: /\/node_modules\/zod\// },
  { name: '@orpc/contract', pattern: /\/node_modules\/@orpc\/contract\// },
  { name: 'a Node built-in', pattern: /__vite-browser-external|^node:/ },
]
/** What a page imports, what must not be in its bundle for that, and what it may weigh. */
interface Entry {
  imports: string
  without?: readonly Forbidden[]
  /** kB, compressed. */
  most: number
}

const peer = { name: 'the WebSocket link', pattern: /\/@orpc\/standard-server-peer\// }
const fetch = { name: 'the fetch link', pattern: /\/@orpc\/client\/dist\/adapters\/fetch\// }
const entries: readonly Entry[] = [
  { imports: "{ createChatClient, sse } from '@caughtup/web-client'", without: [peer], most: 20 },
  {
    imports: "{ createChatClient, webSocket } from '@caughtup/web-client'",
    without: [fetch],
    most: 21.5,
  },
  {
    imports: "{ activityView, createChatClient, sse } from '@caughtup/web-client'",
    without: [peer],
    most: 21.5,
  },
  {
    imports: "{ aroundView, createChatClient, sse } from '@caughtup/web-client'",
    without: [peer],
    most: 21.5,
  },
  { imports: "{ auto, createChatClient } from '@caughtup/web-client'", most: 24 },
  { imports: "{ useSession } from '@caughtup/web-client/react'", most: 0.7 },
  { imports: "{ useMessage } from '@caughtup/web-client/react'", most: 1.2 },
  {
    imports: "{ asChatError, isPermanentError } from '@caughtup/web-client'",
    without: [peer],
    most: 2,
  },
  { imports: "{ isPermanent } from '@caughtup/schema'", most: 1 },
  { imports: "{ isPermanent } from '@caughtup/schema/error'", most: 1 },
]
const pageId = resolve('packages/web-client/page.ts')
let failed = false

for (const { imports, without = [], most } of entries) {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [builtPackages(), page(`export ${imports}`)],
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      rolldownOptions: {
        input: pageId,
        external: /^react(\/|$)/,
        // What is exported counts as used.
        preserveEntrySignatures: 'strict',
      },
    },
  })
  const outputs = Array.isArray(result) ? result : [result]
  const chunks = outputs
    .flatMap((one) => ('output' in one ? one.output : []))
    .filter((chunk) => chunk.type === 'chunk')
  const modules = chunks.flatMap((chunk) => [
    ...Object.entries(chunk.modules).flatMap(([id, { renderedLength }]) =>
      renderedLength > 0 ? [id] : [],
    ),
    ...chunk.imports,
  ])
  for (const { name, pattern } of [...forbidden, ...without]) {
    const found = modules.filter((id) => pattern.test(id))
    if (found.length > 0) fail(`${name} is in the bundle of ${imports}:\n  ${found.join('\n  ')}`)
  }
  const code = chunks.map((chunk) => chunk.code).join('')
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1)
  const size = gzipSync(code).length
  console.log(`${imports}: ${kilobytes(code.length)} kB, ${kilobytes(size)} kB gzip`)
  if (size > most * 1000) fail(`${imports} weighs more than ${most} kB gzip`)
}
process.exitCode = failed ? 1 : 0

function fail(message: string): void {
  failed = true
  console.error(message)
}

interface Manifest {
  sideEffects: boolean
  publishConfig: { exports: Record<string, { default: string } | undefined> }
}

/** The page: a module that is nothing but its import. */
function page(code: string): Plugin {
  return {
    name: 'page',
    resolveId: (id) => (id === pageId ? id : null),
    load: (id) => (id === pageId ? code : null),
  }
}

/** In this repository the packages' exports lead to their sources; a page gets what was built. */
function builtPackages(): Plugin {
  return {
    name: 'built-packages',
    enforce: 'pre',
    resolveId: (id) => {
      const match = /^@caughtup\/([^/]+)(\/.*)?$/.exec(id)
      if (!match) return null
      const [, name = '', subpath = ''] = match
      // As the manifest says it, which a bundler reads where it resolves by itself.
      return { id: built(name, `.${subpath}`), moduleSideEffects: manifestOf(name).sideEffects }
    },
  }
}

function built(name: string, subpath: string): string {
  const target = manifestOf(name).publishConfig.exports[subpath]
  if (target === undefined) throw new Error(`@caughtup/${name} has no export ${subpath}`)
  return resolve('packages', name, target.default)
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(resolve('packages', name, 'package.json'), 'utf8'))
}
