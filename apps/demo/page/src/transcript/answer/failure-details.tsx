interface FailureDetailsProps {
  /** Names and values; those without a value are left out. */
  facts: readonly (readonly [string, string | number | undefined])[]
}

/** The details of a failure, to be passed on to somebody who can look into it. */
export function FailureDetails({ facts }: FailureDetailsProps) {
  const known = facts.filter(([, value]) => value !== undefined && value !== '')
  if (known.length === 0) return null
  return (
    <details className="mt-2 text-xs">
      <summary className="w-fit rounded text-muted-foreground underline underline-offset-2">
        Details
      </summary>
      <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-3">
        {known.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted-foreground">{name}</dt>
            <dd className="font-mono wrap-anywhere select-all">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
