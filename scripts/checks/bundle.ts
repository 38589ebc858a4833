// Bundles what pages import from the built packages, as their bundlers would, and fails if the bundle
// has zod, the contract, a Node built-in or a link that was not imported. Prints the sizes, and that of
// the AI SDK's client beside them.
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
const idb = { name: 'the wrapper of IndexedDB', pattern: /\/node_modules\/idb\// }
/** What a page imports, what must not be in its bundle for that, and what it may weigh. */
interface Entry {
  imports: string
  without?: readonly Forbidden[]
  /** kB, compressed. */
  most: number
}

/** What a page has anyway: its framework, and beside our adapter the AI SDK. */
const frameworks = /^(react|vue|svelte|solid-js)(\/|$)/
const present = /^(react|vue|svelte|solid-js|ai|@ai-sdk\/react)(\/|$)/

/** Two modules from which each page is bundled: they are not there, but what they import is found from there. */
const ourPage = resolve('packages/web-client/page.ts')
const theirPage = resolve('benches/page.ts')

const peer = { name: 'the WebSocket link', pattern: /\/@orpc\/standard-server-peer\// }
const fetch = { name: 'oRPC’s fetch link', pattern: /\/@orpc\/standard-server-fetch\// }
const entries: readonly Entry[] = [
  {
    imports: "{ createChatClient, sse } from '@caughtup/web-client'",
    without: [peer, fetch, idb],
    most: 18,
  },
  {
    imports: "{ createChatClient, webSocket } from '@caughtup/web-client'",
    without: [fetch],
    most: 21,
  },
  {
    imports: "{ activityView, createChatClient, sse } from '@caughtup/web-client'",
    without: [peer],
    most: 19.1,
  },
  {
    imports: "{ aroundView, createChatClient, sse } from '@caughtup/web-client'",
    without: [peer],
    most: 19.5,
  },
  { imports: "{ auto, createChatClient } from '@caughtup/web-client'", most: 22.5 },
  { imports: "{ mountDevtools } from '@caughtup/web-client/devtools'", without: [peer], most: 5.5 },
  {
    imports: "{ indexedDbOutbox } from '@caughtup/web-client/indexed-db'",
    without: [peer, fetch],
    most: 6,
  },
  {
    imports: "{ indexedDbCache } from '@caughtup/web-client/indexed-db'",
    without: [peer, fetch],
    most: 4,
  },
  { imports: "{ uploader } from '@caughtup/web-client'", without: [peer, fetch, idb], most: 4 },
  { imports: "{ useSession } from '@caughtup/web-client/react'", most: 0.7 },
  { imports: "{ useMessage } from '@caughtup/web-client/react'", most: 1.2 },
  { imports: "{ StreamingText } from '@caughtup/web-client/react'", most: 1.8 },
  { imports: "{ useRevealedText } from '@caughtup/web-client/react'", most: 1.2 },
  { imports: "{ useAssistantSession } from '@caughtup/web-client/assistant-ui'", most: 2.5 },
  { imports: "{ useSession } from '@caughtup/web-client/vue'", most: 0.7 },
  { imports: "{ useMessage } from '@caughtup/web-client/vue'", most: 1.3 },
  { imports: "{ useSession } from '@caughtup/web-client/svelte'", most: 0.6 },
  { imports: "{ useMessage } from '@caughtup/web-client/svelte'", most: 1.2 },
  { imports: "{ useSession } from '@caughtup/web-client/solid'", most: 0.6 },
  { imports: "{ useMessage } from '@caughtup/web-client/solid'", most: 1.2 },
  {
    imports: "{ asChatError, isPermanentError } from '@caughtup/web-client'",
    without: [peer],
    most: 2,
  },
  { imports: "{ isPermanent } from '@caughtup/schema'", most: 1 },
  { imports: "{ isPermanent } from '@caughtup/schema/error'", most: 1 },
  {
    imports: "{ followSession, SessionTransport } from '@caughtup/web-client/ai-sdk'",
    without: [peer, fetch, idb],
    most: 8,
  },
  {
    imports: "{ useSessionChat } from '@caughtup/web-client/ai-sdk/react'",
    without: [peer, fetch, idb],
    most: 8.3,
  },
  { imports: "{ endChunk, messageChunks } from '@caughtup/schema/chunks'", most: 3 },
]
let failed = false

for (const { imports, without = [], most } of entries) {
  const chunks = await bundle(ourPage, imports, present)
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
  const size = printSize(imports, chunks)
  if (size > most * 1000) fail(`${imports} weighs more than ${most} kB gzip`)
}
const theirs = "{ useChat } from '@ai-sdk/react'"
printSize(theirs, await bundle(theirPage, theirs, frameworks))
process.exitCode = failed ? 1 : 0

/** What a page loads that imports this, without what it has anyway. */
async function bundle(from: string, imports: string, external: RegExp) {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [builtPackages(), page(from, `export ${imports}`)],
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      rolldownOptions: {
        input: from,
        external,
        // What is exported counts as used.
        preserveEntrySignatures: 'strict',
      },
    },
  })
  const outputs = Array.isArray(result) ? result : [result]
  return outputs
    .flatMap((one) => ('output' in one ? one.output : []))
    .filter((chunk) => chunk.type === 'chunk')
}

/** Returns the compressed size, in bytes. */
function printSize(imports: string, chunks: readonly { code: string }[]): number {
  const code = chunks.map((chunk) => chunk.code).join('')
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1)
  const size = gzipSync(code).length
  console.log(`${imports}: ${kilobytes(code.length)} kB, ${kilobytes(size)} kB gzip`)
  return size
}

function fail(message: string): void {
  failed = true
  console.error(message)
}

interface Manifest {
  sideEffects: boolean
  publishConfig: { exports: Record<string, { default: string } | undefined> }
}

/** The page: a module that is nothing but its import. */
function page(pageId: string, code: string): Plugin {
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
