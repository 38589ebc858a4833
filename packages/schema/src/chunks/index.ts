export { endChunk } from './end-chunk.ts'
export { messageChunks, type Shown } from './message-chunks.ts'
export type { UiChunk, UiFinishReason } from './ui-chunk.ts'
