import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
} from 'react'
import type { PluginConfig } from 'streamdown'

interface CodeHighlight {
  plugins: PluginConfig | undefined
  load: () => void
}

const CodeHighlightContext = createContext<CodeHighlight>({ plugins: undefined, load: () => {} })

/** The highlighter is larger than the page, so it loads with the first block of code. */
export function CodeHighlightProvider({ children }: { children: ReactNode }) {
  const [plugins, setPlugins] = useState<PluginConfig>()
  const load = useCallback(() => {
    import('@streamdown/code').then(
      ({ code }) => setPlugins((loaded) => loaded ?? { code }),
      // Code stays plain; the next block of code tries again.
      (error: unknown) => console.warn('Code is not highlighted:', error),
    )
  }, [])
  const value = useMemo(() => ({ plugins, load }), [plugins, load])
  return <CodeHighlightContext value={value}>{children}</CodeHighlightContext>
}

/**
 * Streamdown's plugins, once they are loaded.
 *
 * @param needed whether the text has a code block
 */
export function useCodeHighlight(needed: boolean): PluginConfig | undefined {
  const { plugins, load } = use(CodeHighlightContext)
  useEffect(() => {
    if (needed && !plugins) load()
  }, [needed, plugins, load])
  return plugins
}
