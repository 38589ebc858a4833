import { createContext, use, useSyncExternalStore, type ReactNode } from 'react'

import type { ActiveClient, ClientSwitch } from './client-switch.ts'
import type { DemoClient } from './demo-client.ts'
import type { NetworkSwitch } from './network-switch.ts'

interface Connectivity {
  clients: ClientSwitch
  network: NetworkSwitch
}

const ConnectivityContext = createContext<Connectivity | undefined>(undefined)

export function ConnectivityProvider({
  children,
  ...value
}: Connectivity & { children: ReactNode }) {
  return <ConnectivityContext value={value}>{children}</ConnectivityContext>
}

export function useConnectivity(): Connectivity {
  const value = use(ConnectivityContext)
  if (value === undefined) throw new Error('No ConnectivityProvider above this component')
  return value
}

export function useActiveClient(): ActiveClient {
  const { clients } = useConnectivity()
  return useSyncExternalStore(clients.subscribe, clients.getSnapshot)
}

export function useClient(): DemoClient {
  return useActiveClient().client
}
