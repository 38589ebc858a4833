import { useEffect, useLayoutEffect } from 'react'

/** `useLayoutEffect`, of which React 18 warns where a server renders. No effect runs there. */
export const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect
