import { createContext, use, useSyncExternalStore, type ReactNode } from 'react'

import type { Tour, TourSnapshot } from './tour.ts'

const TourContext = createContext<Tour | undefined>(undefined)

export function TourProvider({ tour, children }: { tour: Tour; children: ReactNode }) {
  return <TourContext value={tour}>{children}</TourContext>
}

export function useTour(): Tour {
  const tour = use(TourContext)
  if (tour === undefined) throw new Error('No TourProvider above this component')
  return tour
}

export function useTourSnapshot(): TourSnapshot {
  const tour = useTour()
  return useSyncExternalStore(tour.subscribe, tour.getSnapshot)
}
