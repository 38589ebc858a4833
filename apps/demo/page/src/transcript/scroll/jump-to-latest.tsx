import { ArrowDown } from 'lucide-react'

export function JumpToLatest({ streaming, onJump }: { streaming: boolean; onJump: () => void }) {
  return (
    <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
      <button
        type="button"
        onClick={onJump}
        className="pointer-events-auto inline-flex h-9 items-center gap-1.5 rounded-full border border-border bg-card pr-3.5 pl-3 text-sm font-medium shadow-md hover:bg-muted"
      >
        <ArrowDown aria-hidden size={15} />
        Jump to latest
        {streaming && (
          <span aria-hidden className="breathe ml-0.5 size-2 rounded-full bg-primary" />
        )}
      </button>
    </div>
  )
}
