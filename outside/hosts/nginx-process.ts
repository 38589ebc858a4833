import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

const recipe = path.join(import.meta.dirname, 'recipes/nginx.conf')

export interface NginxProcess extends AsyncDisposable {
  url: string
}

/**
 * Starts nginx with the recipe, in front of the server on `port`. nginx takes no port 0, so it gets one that was
 * free a moment ago.
 *
 * @param more - directives of `http`, for a proxy that is set in another way
 * @throws Error with what nginx printed, if it does not start, or is not installed
 */
export async function startNginx(port: number, more = ''): Promise<NginxProcess> {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-nginx-'))
  // Started as root, nginx works as another user, who keeps bodies there.
  chmodSync(folder, 0o755)
  const own = await freePort()
  const site = readFileSync(recipe, 'utf8')
    .replace('listen 80;', `listen 127.0.0.1:${own};`)
    .replace('http://127.0.0.1:4000;', `http://127.0.0.1:${port};`)
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const places = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n')
  const config = path.join(folder, 'nginx.conf')
  writeFileSync(
    config,
    `daemon off;
pid ${folder}/nginx.pid;
error_log stderr notice;
events {}
http {
access_log off;
${places}
${more}
${site}
}
`,
  )
  const child = spawn('nginx', ['-c', config, '-p', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let printed = ''
  const started = Promise.withResolvers<void>()
  child.stderr.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
    if (printed.includes('start worker process ')) started.resolve()
  })
  child.once('error', (cause) =>
    started.reject(new Error('nginx cannot be started: apt-get install nginx-light', { cause })),
  )
  const ended = once(child, 'exit')
  ended.then(
    () => started.reject(new Error(`nginx ended, having printed: ${printed}`)),
    () => {}, // it has not started, and the error above says why
  )
  await started.promise
  return {
    url: `http://127.0.0.1:${own}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || !address) throw new Error('The server has no port.')
  return address.port
}
