import { useEffect, useLayoutEffect } from 'react'

/** `useLayoutEffect`, of which older versions of React warn on a server: it has no layout. */
export const useClientLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect
