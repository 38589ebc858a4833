/** What `principal` decides by. */
export interface ChatRequest {
  readonly headers: Headers
  /** Absolute where the transport knows it. */
  readonly url?: string
  /** The address of this machine that the connection came in on, where the transport knows it. */
  readonly localAddress?: string
}

/** What a transport gives to a call. */
export interface ChatContext {
  /** The request, or the handshake of the WebSocket that it came by. */
  request: ChatRequest
  /**
   * Resolves when the answer was taken by the transport, or lost: so long its bytes are held here,
   * and so long it counts as being read (`readsPerPrincipal`). @default when the answer is made
   */
  taken?: Promise<void>
}
