export type { TranscriptFormat } from './format.ts'
export { formatNames } from './formats.ts'
export { readMessages, readTranscript, type ReadOptions } from './read-transcript.ts'
export type { Heading, ReadConversation, TranscriptItem } from './transcript.ts'
