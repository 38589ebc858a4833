export { ContextMeter, type ContextMeterProps } from './status/context-meter.tsx'
export { englishTexts, type TextChanges, type Texts } from './texts/texts.ts'
export {
  type UiAction,
  type UiFailure,
  UiProvider,
  type UiProviderProps,
  useAttempt,
  useTexts,
} from './ui/ui-provider.tsx'
