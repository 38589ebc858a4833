/**
 * Whether a request may be addressed to `host`. A page can point its own host name at this machine
 * (DNS rebinding) and then has the same origin as the server; the `Host` header reveals it.
 *
 * Loopback names are always allowed, because nobody can rebind them. If `hosts` is set, it lists the
 * other names; if not, a connection to a loopback address may use no other name, and one from outside
 * any name.
 *
 * @param localAddress - this machine's end of the connection; undefined if a framework owns it
 */
export function isAllowedHost(
  host: string,
  hosts: readonly string[] | 'any' | undefined,
  localAddress: string | undefined,
): boolean {
  if (hosts === 'any') return true
  const [, name = ''] = /^(\[[\da-f:.]+\]|[^:/?#@\\\s]+)(?::\d+)?$/.exec(host.toLowerCase()) ?? []
  if (isLoopbackName(name)) return true
  if (!hosts) return localAddress === undefined || !isLoopbackAddress(localAddress)
  return hosts.some((allowed) => [name, host.toLowerCase()].includes(allowed.toLowerCase()))
}

function isLoopbackName(name: string): boolean {
  return /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(name)
}

function isLoopbackAddress(address: string): boolean {
  return /^(?:::1$|(?:::ffff:)?127\.)/.test(address)
}
