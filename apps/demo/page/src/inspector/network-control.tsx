import { Wifi, WifiOff } from 'lucide-react'
import { useSyncExternalStore } from 'react'

import { useConnectivity } from '../client/client-context.tsx'
import { Button } from '../ui/button.tsx'

/** Takes the client off the network, as a tunnel does with a phone. */
export function NetworkControl() {
  const { network } = useConnectivity()
  const offline = useSyncExternalStore(network.subscribe, () => network.forcedOffline)
  const Icon = offline ? Wifi : WifiOff
  return (
    <Button onClick={() => network.forceOffline(!offline)}>
      <Icon aria-hidden size={15} />
      {offline ? 'Go online' : 'Go offline'}
    </Button>
  )
}
