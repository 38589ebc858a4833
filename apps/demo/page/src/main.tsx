import './main.css'
import { Announcer } from '@caughtup/react-ui'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { App } from './app.tsx'
import { ConnectivityProvider } from './client/client-context.tsx'
import { ClientSwitch } from './client/client-switch.ts'
import { NetworkSwitch } from './client/network-switch.ts'
import { applyStoredTheme } from './hooks/use-theme.ts'
import { TourProvider } from './tour/tour-context.tsx'
import { Tour } from './tour/tour.ts'
import { preloadMarkdown } from './transcript/markdown/markdown.tsx'
import { ComponentsProvider } from './ui/components-provider.tsx'
import { ToastProvider } from './ui/toasts.tsx'

applyStoredTheme()

const network = new NetworkSwitch()
const clients = new ClientSwitch(network)
const tour = new Tour(clients, network)
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')

preloadMarkdown()

createRoot(root).render(
  <StrictMode>
    <ConnectivityProvider clients={clients} network={network}>
      <Announcer>
        <ToastProvider>
          <ComponentsProvider>
            <TourProvider tour={tour}>
              <App />
            </TourProvider>
          </ComponentsProvider>
        </ToastProvider>
      </Announcer>
    </ConnectivityProvider>
  </StrictMode>,
)
