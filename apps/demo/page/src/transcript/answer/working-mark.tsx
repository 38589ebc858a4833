const delays = ['0ms', '200ms', '400ms']

/** Shows that the answer is under way while no visible part of it grows. */
export function WorkingMark() {
  return (
    <div className="flex h-6 items-center gap-1.5">
      {delays.map((animationDelay) => (
        <span
          key={animationDelay}
          aria-hidden
          className="breathe size-1.5 rounded-full bg-muted-foreground"
          style={{ animationDelay }}
        />
      ))}
    </div>
  )
}
