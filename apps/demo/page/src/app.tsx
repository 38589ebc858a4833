import { X } from 'lucide-react'
import { useCallback, useState } from 'react'

import { useActiveClient } from './client/client-context.tsx'
import { InspectorDrawer } from './inspector/inspector-drawer.tsx'
import { RedrawProvider } from './inspector/redraw-counter.tsx'
import { roomForDrawer, roomForList, useMediaQuery } from './hooks/use-media-query.ts'
import { useSessionRoute } from './hooks/use-route.ts'
import { SessionList } from './session-list/session-list.tsx'
import { SessionScreen } from './session/session-screen.tsx'
import { WelcomeScreen } from './session/welcome-screen.tsx'
import { useTour, useTourSnapshot } from './tour/tour-context.tsx'
import { TourPanel } from './tour/tour-panel.tsx'
import { CodeHighlightProvider } from './transcript/markdown/code-highlight.tsx'
import { focusComposer } from './ui/focus-composer.ts'
import { IconButton } from './ui/icon-button.tsx'
import { Sheet } from './ui/dialog/sheet.tsx'
import { ThemeToggle } from './ui/theme-toggle.tsx'

export function App() {
  const { transport } = useActiveClient()
  const { sessionId, messageId } = useSessionRoute()
  const listFits = useMediaQuery(roomForList)
  const drawerFits = useMediaQuery(roomForDrawer)
  const [listOpen, setListOpen] = useState(false)
  const [inspectorOpen, setInspectorOpen] = useState(false)
  const closeList = useCallback(() => setListOpen(false), [])
  const closeInspector = useCallback(() => setInspectorOpen(false), [])
  const tour = useTour()
  const { open: tourOpen } = useTourSnapshot()

  const list = (
    <SessionList
      selectedId={sessionId}
      onChosen={closeList}
      foot={
        listFits ? undefined : (
          <>
            <ThemeToggle />
            <IconButton icon={X} label="Close the list" onClick={closeList} />
          </>
        )
      }
    />
  )
  const inspector = <InspectorDrawer sessionId={sessionId} onClose={closeInspector} />
  const controls = {
    inspectorOpen,
    onToggleInspector: () => setInspectorOpen((open) => !open),
    tourOpen,
    onToggleTour: () => (tourOpen ? tour.close() : tour.open()),
    ...(!listFits && { onOpenList: () => setListOpen(true) }),
  }
  return (
    <CodeHighlightProvider>
      <RedrawProvider>
        <a
          href="#composer"
          className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-card focus:px-3 focus:py-2 focus:shadow-lg"
          onClick={(event) => {
            // The hash holds the session, so move the focus without changing it.
            event.preventDefault()
            focusComposer()
          }}
        >
          Skip to the message box
        </a>
        {/* Another transport has another client: all components that use its views start anew. */}
        <div key={transport} className="flex h-dvh">
          {listFits && (
            <aside
              aria-label="Chat list"
              className="flex w-68 shrink-0 flex-col border-r border-border bg-sidebar"
            >
              {list}
            </aside>
          )}
          <main className="flex min-w-0 flex-1 flex-col">
            {sessionId === undefined ? (
              <WelcomeScreen {...controls} />
            ) : (
              <SessionScreen
                key={sessionId}
                sessionId={sessionId}
                messageId={messageId}
                {...controls}
              />
            )}
          </main>
          {inspectorOpen && drawerFits && (
            <aside
              aria-label="Under the hood"
              className="flex w-84 shrink-0 flex-col border-l border-border bg-sidebar"
            >
              {inspector}
            </aside>
          )}
          {tourOpen && drawerFits && (
            <aside
              aria-label="The tour"
              className="flex w-88 shrink-0 flex-col border-l border-border bg-sidebar"
            >
              <TourPanel />
            </aside>
          )}
          {listOpen && !listFits && (
            <Sheet label="Chat list" side="left" onClose={closeList}>
              {list}
            </Sheet>
          )}
          {tourOpen && !drawerFits && (
            <Sheet label="The tour" side="right" onClose={() => tour.close()}>
              <TourPanel />
            </Sheet>
          )}
          {inspectorOpen && !drawerFits && (
            <Sheet label="Under the hood" side="right" onClose={closeInspector}>
              {inspector}
            </Sheet>
          )}
        </div>
      </RedrawProvider>
    </CodeHighlightProvider>
  )
}
