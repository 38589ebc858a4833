export { chatRoutes, type ChatRoutesOptions } from './adapters/ai-sdk/chat-routes.ts'
export {
  streamTextAgent,
  type StreamTextAgentOptions,
} from './adapters/ai-sdk/stream-text-agent.ts'
