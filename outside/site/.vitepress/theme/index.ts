import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme'

import { drawDiagrams } from './draw-diagrams.ts'

export default {
  extends: DefaultTheme,
  enhanceApp({ router }) {
    if (typeof window === 'undefined') return
    router.onAfterRouteChange = () => drawDiagrams()
    // Those of the page that is opened first, and again when the reader changes between light and dark.
    addEventListener('load', drawDiagrams)
    new MutationObserver(drawDiagrams).observe(document.documentElement, {
      attributeFilter: ['class'],
    })
  },
} satisfies Theme
