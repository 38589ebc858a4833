/** Most characters to show: browsers are slow to lay out megabytes of text. */
const longest = 20_000

interface JsonBlockProps {
  label: string
  value: unknown
  failed?: boolean
}

export function JsonBlock({ label, value, failed = false }: JsonBlockProps) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '(none)')
  return (
    <div>
      <p className="mb-1 text-xs text-muted-foreground">{label}</p>
      <pre
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled with the keyboard
        tabIndex={0}
        className={`max-h-72 overflow-auto rounded-lg bg-muted px-3 py-2 font-mono text-xs/5 whitespace-pre-wrap wrap-anywhere ${failed ? 'text-danger' : ''}`}
      >
        {text.slice(0, longest)}
      </pre>
      {text.length > longest && (
        <p className="mt-1 text-xs text-muted-foreground">
          Showing the first {longest.toLocaleString('en')} of {text.length.toLocaleString('en')}{' '}
          characters.
        </p>
      )}
    </div>
  )
}
