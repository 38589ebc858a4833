export {
  type AttachedWebSocket,
  attachWebSocket,
  type UpgradeServer,
  type WebSocketChat,
} from './transports/websocket/attach-websocket.ts'
export { serve, type ServedChat, type ServeOptions, type Serving } from './transports/serve.ts'
