import type { LucideIcon } from 'lucide-react'
import type { ComponentProps } from 'react'

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children' | 'type'> {
  icon: LucideIcon
  /** Its action, as accessible name and tooltip. */
  label: string
  size?: 'small' | 'medium'
}

/** The classes of an icon's button, for one that a component draws. */
export function iconButtonLook(size: 'small' | 'medium'): string {
  return `inline-flex shrink-0 items-center justify-center rounded-lg text-muted-foreground transition-colors hover:bg-muted hover:text-foreground disabled:pointer-events-none disabled:opacity-40 aria-disabled:pointer-events-none aria-disabled:opacity-40 aria-pressed:bg-accent aria-pressed:text-foreground ${
    size === 'small' ? 'size-7' : 'size-9'
  }`
}

export function IconButton({
  icon: Icon,
  label,
  size = 'medium',
  className = '',
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`${iconButtonLook(size)} ${className}`}
      {...rest}
    >
      <Icon aria-hidden size={size === 'small' ? 15 : 18} strokeWidth={1.75} />
    </button>
  )
}
