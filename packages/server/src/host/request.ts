/** The request as the host's `principal` function gets it. */
export interface ChatRequest {
  readonly headers: Headers
  /** Absolute if the transport knows the host. */
  readonly url?: string
  /** The local address of the connection, if the transport knows it. */
  readonly localAddress?: string
}

/** What a transport passes to each call. */
export interface ChatContext {
  /** The HTTP request, or the handshake of the WebSocket. */
  request: ChatRequest
  /**
   * Resolves when the transport has sent the answer or lost it. Until then its bytes are held in
   * memory, and it counts as a read (`readsPerPrincipal`). @default when the answer is made
   */
  taken?: Promise<void>
}
