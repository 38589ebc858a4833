import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'

import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import * as leastSvelte from 'least-svelte/compiler'
import * as leastVue from 'least-vue/compiler-sfc'
import { build, type Plugin, type PluginOption } from 'vite'
import solid from 'vite-plugin-solid'

type Target = 'browser' | 'server'

/** A framework in one version, with the application of its folder. */
export interface Framework {
  name: string
  folder: 'vue' | 'svelte' | 'solid' | 'dom' | 'assistant-ui'
  isOnServers: boolean
  plugins: (target: Target) => PluginOption[]
  /** Of the least versions, which are installed under other names. */
  alias?: { find: RegExp; replacement: string }
}

export const assistantUi: Framework = {
  name: 'assistant-ui',
  isOnServers: false,
  folder: 'assistant-ui',
  // As it is shipped; the tests' own environment is none that Vite knows.
  plugins: () => [
    { name: 'jsx', config: () => ({ oxc: { jsx: { runtime: 'automatic', development: false } } }) },
  ],
}

export const frameworks: readonly Framework[] = [
  { name: 'no framework', isOnServers: false, folder: 'dom', plugins: () => [] },
  { name: 'Vue 3.5', isOnServers: true, folder: 'vue', plugins: () => [vue()] },
  {
    name: 'Vue 3.4',
    isOnServers: true,
    folder: 'vue',
    plugins: () => [vue({ compiler: leastVue as never })],
    alias: { find: /^vue(?=\/|$)/, replacement: 'least-vue' },
  },
  {
    name: 'Svelte 5.57',
    isOnServers: true,
    folder: 'svelte',
    plugins: () => [svelte({ configFile: false, compilerOptions: { dev: false } })],
  },
  {
    name: 'Svelte 5.18',
    isOnServers: true,
    folder: 'svelte',
    // Its plugin of today needs a later one.
    plugins: (target) => [compiledByLeastSvelte(target)],
    alias: { find: /^svelte(?=\/|$)/, replacement: 'least-svelte' },
  },
  {
    name: 'Solid 1.9',
    isOnServers: true,
    folder: 'solid',
    plugins: () => [solid({ ssr: true })],
  },
  {
    name: 'Solid 1.9.0',
    isOnServers: true,
    folder: 'solid',
    plugins: () => [solid({ ssr: true })],
    alias: { find: /^solid-js(?=\/|$)/, replacement: 'least-solid-js' },
  },
]

const hasJsx = ['solid', 'assistant-ui']

/** Builds a module of the framework's folder, with all that it imports, as one script. */
export async function buildModule(
  { folder, plugins, alias }: Framework,
  module: 'draw' | 'render',
  target: Target,
): Promise<string> {
  const isServer = target === 'server'
  const entry = path.join(
    import.meta.dirname,
    folder,
    `${module}.${hasJsx.includes(folder) ? 'tsx' : 'ts'}`,
  )
  const built = await build({
    configFile: false,
    root: import.meta.dirname,
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
    plugins: plugins(target),
    resolve: {
      alias: alias ? [alias] : [],
      conditions: isServer ? ['module', 'node'] : ['module', 'browser'],
    },
    // One script, and so one copy of everything: as servers that bundle do.
    ssr: { noExternal: true },
    build: {
      write: false,
      minify: false,
      ssr: isServer,
      rolldownOptions: { input: entry },
    },
  })
  const outputs = Array.isArray(built) ? built : [built]
  const chunks = outputs.flatMap((one) => ('output' in one ? one.output : []))
  const [script, ...others] = chunks.filter((chunk) => chunk.type === 'chunk')
  if (!script || others.length > 0) throw new Error(`${entry} is not one script`)
  return script.code
}

function compiledByLeastSvelte(target: Target): Plugin {
  const generate = target === 'server' ? 'server' : 'client'
  return {
    name: 'least-svelte',
    async transform(source, filename) {
      if (!filename.endsWith('.svelte')) return null
      const { code } = await leastSvelte.preprocess(source, {
        script: ({ content }) => ({ code: stripTypeScriptTypes(content) }),
      })
      return leastSvelte.compile(code, { filename, generate }).js
    },
  }
}
