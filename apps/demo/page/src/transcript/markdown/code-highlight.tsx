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

/** The highlighter weighs more than the page, so it is loaded with the first code that needs it. */
export function CodeHighlightProvider({ children }: { children: ReactNode }) {
  const [plugins, setPlugins] = useState<PluginConfig>()
  const load = useCallback(() => {
    import('@streamdown/code').then(
      ({ code }) => setPlugins((loaded) => loaded ?? { code }),
      // Plain code is what the reader has without it; the next code block tries again.
      (error: unknown) => console.warn('Code is not highlighted:', error),
    )
  }, [])
  const value = useMemo(() => ({ plugins, load }), [plugins, load])
  return <CodeHighlightContext value={value}>{children}</CodeHighlightContext>
}

/**
 * Streamdown's plugins, once they are there.
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
