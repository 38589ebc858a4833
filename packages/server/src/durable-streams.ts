export {
  durableStreams,
  type DurableStreamsOptions,
} from './adapters/durable-streams/durable-streams.ts'
export { toOffset } from './adapters/durable-streams/offset.ts'
