export {
  type AttachedWebSocket,
  attachWebSocket,
  type UpgradeServer,
} from './transports/attach-websocket.ts'
export { serve, type ServeOptions, type Serving } from './transports/serve.ts'
