import { CaughtupError, preview } from './error.ts'

/**
 * The version of the protocol. It is raised by each change that clients or servers of the version
 * before would misunderstand; PROTOCOL.md tells which ones do (13.3).
 */
export const protocolVersion = 1

/** The header in which each request names the version of its client. */
export const protocolHeader = 'caughtup-protocol'

/** The error for a client and a server that speak different versions. */
export function protocolMismatch(client: string | number, server: number): CaughtupError {
  const [asked, spoken] = [preview(client), preview(server)]
  return new CaughtupError(
    'PROTOCOL_MISMATCH',
    `The client speaks version ${asked} of the protocol and the server version ${spoken}: reload the page, or update the client.`,
    { field: protocolHeader, value: asked, limit: server },
  )
}

/** The name of the transients that tell who is watching a session; nobody else may send one. */
export const presenceName = 'presence'
