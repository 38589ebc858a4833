/**
 * Whether a request may be addressed to `host`. A page can point a name of its own at this machine
 * (DNS rebinding), and then it is of the same origin as the server; its `Host` gives it away.
 *
 * Loopback names are nobody's to rebind. Other names are those of `hosts`; without that, any name
 * on a connection from outside, none on one that came in on a loopback address.
 *
 * @param localAddress of the connection on this machine; undefined where a framework owns it
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
