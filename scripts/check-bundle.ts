// Bundles the built web client as a web page's bundler would, and fails when zod, the contract or
// anything of Node's is in it. Prints what it costs a page.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'vite'

const forbidden = [
  { name: 'zod', pattern: /\/node_modules\/zod\// },
  { name: '@orpc/contract', pattern: /\/node_modules\/@orpc\/contract\// },
  { name: 'a Node built-in', pattern: /__vite-browser-external|^node:/ },
]
const entries = ['.', './react']
let failed = false

for (const entry of entries) {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [builtPackages()],
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      lib: { entry: built('web-client', entry), formats: ['es'] },
      rolldownOptions: { external: /^react(\/|$)/ },
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
  for (const { name, pattern } of forbidden) {
    const found = modules.filter((id) => pattern.test(id))
    if (found.length === 0) continue
    failed = true
    console.error(
      `${name} is in the bundle of @caughtup/web-client ${entry}:\n  ${found.join('\n  ')}`,
    )
  }
  const code = chunks.map((chunk) => chunk.code).join('')
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1)
  console.log(
    `@caughtup/web-client ${entry}: ${kilobytes(code.length)} kB, ${kilobytes(gzipSync(code).length)} kB gzip`,
  )
}
process.exitCode = failed ? 1 : 0

interface Manifest {
  publishConfig: { exports: Record<string, { default: string } | undefined> }
}

/** In this repository the packages' exports lead to their sources; a page gets what was built. */
function builtPackages(): Plugin {
  return {
    name: 'built-packages',
    enforce: 'pre',
    resolveId: (id) => {
      const match = /^@caughtup\/([^/]+)(\/.*)?$/.exec(id)
      return match ? built(match[1] ?? '', `.${match[2] ?? ''}`) : null
    },
  }
}

function built(name: string, subpath: string): string {
  const folder = resolve('packages', name)
  const manifest: Manifest = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'))
  const target = manifest.publishConfig.exports[subpath]
  if (target === undefined) throw new Error(`@caughtup/${name} has no export ${subpath}`)
  return resolve(folder, target.default)
}
