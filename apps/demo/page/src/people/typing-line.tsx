/** Names those who are typing. It takes its height from the start, so that nothing moves. */
export function TypingLine({ who }: { who: readonly string[] }) {
  if (who.length === 0) return null
  return (
    <p className="mb-1 px-4 text-xs text-muted-foreground">
      {new Intl.ListFormat('en').format(who)} {who.length === 1 ? 'is' : 'are'} typing…
    </p>
  )
}
