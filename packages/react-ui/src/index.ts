export {
  ConnectionAction,
  ConnectionBanner,
  type ConnectionBannerProps,
  ConnectionText,
} from './status/connection-banner.tsx'
export {
  type ConnectedView,
  type ConnectionTrouble,
  connectionTrouble,
  type TroubleAction,
  type TroubleKind,
} from './status/connection-trouble.ts'
export { ContextMeter, type ContextMeterProps } from './status/context-meter.tsx'
export { SessionAnnouncements } from './status/session-announcements.tsx'
export { useConnectionText } from './status/use-connection-text.ts'
export { useConnectionTrouble, useLoadingText } from './status/use-connection-trouble.ts'
export { englishTexts, type TextChanges, type Texts } from './texts/texts.ts'
export { Announcer, useAnnounce } from './ui/announcer.tsx'
export {
  type UiAction,
  type UiFailure,
  UiProvider,
  type UiProviderProps,
  useAttempt,
  useTexts,
} from './ui/ui-provider.tsx'
