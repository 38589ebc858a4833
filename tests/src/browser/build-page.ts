import path from 'node:path'
import { build, type Alias } from 'vite'

/** Where the page's React and web client come from. @default this package's */
export interface PageSources {
  /** A folder with `react` and `react-dom`, and perhaps `@caughtup`, in its `node_modules`. */
  from?: string
  /** As a page is shipped, in place of React's development build. @default false */
  production?: boolean
}

/**
 * The script of a page, with React's development build if nothing else is asked for: only that one has the
 * Profiler and the second mounting of strict mode.
 */
export async function buildPage(
  page: string,
  { from, production = false }: PageSources = {},
): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': production ? '"production"' : '"development"' },
    resolve: { alias: from === undefined ? [] : aliases(from) },
    build: {
      write: false,
      minify: production,
      rolldownOptions: { input: page },
    },
  })
  const outputs = Array.isArray(built) ? built : [built]
  const chunks = outputs.flatMap((one) => ('output' in one ? one.output : []))
  const [script, ...others] = chunks.filter((chunk) => chunk.type === 'chunk')
  if (!script || others.length > 0) throw new Error('the page is not one script')
  return script.code
}

function aliases(from: string): Alias[] {
  const modules = path.join(from, 'node_modules')
  const client = path.join(modules, '@caughtup/web-client/dist')
  return [
    { find: /^(react|react-dom)(?=\/|$)/, replacement: `${modules}/$1` },
    { find: /^@caughtup\/web-client$/, replacement: `${client}/index.mjs` },
    { find: /^@caughtup\/web-client\/(react|indexed-db)$/, replacement: `${client}/$1.mjs` },
    { find: /^@caughtup\/react-ui$/, replacement: `${modules}/@caughtup/react-ui/dist/index.mjs` },
  ]
}
