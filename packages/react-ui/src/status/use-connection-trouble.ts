import { useView } from '@caughtup/web-client/react'

import { useTexts } from '../ui/ui-provider.tsx'
import {
  type ConnectedView,
  type ConnectionTrouble,
  connectionTrouble,
} from './connection-trouble.ts'

/** What is the matter with a view's connection, drawn anew when that changes. */
export function useConnectionTrouble(view: ConnectedView): ConnectionTrouble | undefined {
  return useView(view, connectionTrouble)
}

/** What an empty list says while its content has not come: that it loads, or what it waits for. */
export function useLoadingText(view: ConnectedView): string {
  const trouble = useConnectionTrouble(view)
  const { connection: texts } = useTexts()
  if (!trouble || trouble.kind === 'catching-up') return texts.loading
  return trouble.reason ?? texts[trouble.kind]
}
