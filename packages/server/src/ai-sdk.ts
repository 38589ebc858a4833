export {
  streamTextAgent,
  type StreamTextAgentOptions,
} from './adapters/ai-sdk/stream-text-agent.ts'
