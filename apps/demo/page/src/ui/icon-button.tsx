import type { LucideIcon } from 'lucide-react'
import type { ComponentProps } from 'react'

type Size = 'small' | 'medium'

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children' | 'type'> {
  icon: LucideIcon
  /** Its action, as accessible name and tooltip. */
  label: string
  size?: Size
}

/** The classes of a button with an icon, for one that a component draws. */
export function iconButtonLook(size: Size = 'medium'): string {
  return `inline-flex shrink-0 items-center justify-center rounded-lg text-muted-foreground transition-colors hover:bg-muted hover:text-foreground disabled:pointer-events-none disabled:opacity-40 aria-disabled:pointer-events-none aria-disabled:opacity-40 aria-pressed:bg-accent aria-pressed:text-foreground ${
    size === 'small' ? 'size-7' : 'size-9'
  }`
}

export function IconButtonIcon({ icon: Icon, size = 'medium' }: { icon: LucideIcon; size?: Size }) {
  return <Icon aria-hidden size={size === 'small' ? 15 : 18} strokeWidth={1.75} />
}

export function IconButton({ icon, label, size, className = '', ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`${iconButtonLook(size)} ${className}`}
      {...rest}
    >
      <IconButtonIcon icon={icon} {...(size && { size })} />
    </button>
  )
}
