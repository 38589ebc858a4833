export { durableStreams, type DurableStreamsOptions } from './durable-streams/durable-streams.ts'
export { toOffset } from './durable-streams/offset.ts'
