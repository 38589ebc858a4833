import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A proxy as in front of most servers: HTTP/2 with its own certificate outside, HTTP/1.1 inside. */
export async function startHttp2Proxy(target: string): Promise<{ url: string; close: () => void }> {
  const proxy: Http2SecureServer = createSecureServer({ ...certificate(), allowHTTP1: true })
  proxy.on('request', (incoming, outgoing) => {
    const headers = Object.entries(incoming.headers).filter(([name]) => !name.startsWith(':'))
    const { hostname, port } = new URL(target)
    const forwarded = request({
      hostname,
      port,
      method: incoming.method,
      path: incoming.url,
      headers: { ...Object.fromEntries(headers), host: incoming.authority },
    })
    forwarded.on('response', (answer) => {
      const { connection: _, 'transfer-encoding': __, 'keep-alive': ___, ...rest } = answer.headers
      outgoing.writeHead(answer.statusCode ?? 502, rest)
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => outgoing.stream?.destroy())
    outgoing.on('close', () => forwarded.destroy())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  return { url: `https://127.0.0.1:${port}/`, close: () => void proxy.close() }
}

/** Created with openssl, because Node can read certificates but not create them. */
function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-certificate-'))
  try {
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    const { status, stderr } = spawnSync(
      'openssl',
      [...made, '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-keyout', key, '-out', cert],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`openssl created no certificate: ${stderr}`)
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
