export type { TranscriptFormat } from './conversation/transcript.ts'
export { formatNames } from './formats/formats.ts'
export { readMessages, readTranscript, type ReadOptions } from './reading/read-transcript.ts'
export type { Heading, ReadConversation, TranscriptItem } from './conversation/transcript.ts'
