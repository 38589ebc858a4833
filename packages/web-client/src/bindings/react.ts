export {
  StreamingText,
  type StreamingTextOptions,
  type StreamingTextProps,
  useStreamingText,
} from './react/streaming-text.ts'
export { useActivity } from './react/use-activity.ts'
export { useMessage } from './react/use-message.ts'
export { type RevealedTextOptions, useRevealedText } from './react/use-revealed-text.ts'
export { useSession } from './react/use-session.ts'
export { useView } from './react/use-view.ts'
