import { CaughtupError } from './error.ts'

/**
 * The version of the protocol. It is raised by each change that clients or servers of the version
 * before would misunderstand; PROTOCOL.md tells which ones do (13.3).
 */
export const protocolVersion = 1

/** The header in which each request names the version of its client. */
export const protocolHeader = 'caughtup-protocol'

/**
 * The error for a client and a server that speak different versions. `client` may be any text that was
 * sent as one; the caller shortens it.
 */
export function protocolMismatch(client: string | number, server: number): CaughtupError {
  return new CaughtupError(
    'PROTOCOL_MISMATCH',
    `The client speaks version ${client} of the protocol and the server version ${server}: reload the page, or update the client.`,
    { field: protocolHeader, value: String(client), limit: server },
  )
}

/** The name of the transients that tell who is watching a session; nobody else may send one. */
export const presenceName = 'presence'
