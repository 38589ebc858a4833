import type { ComponentProps } from 'react'

const looks = {
  plain: 'border border-border bg-card hover:bg-muted',
  primary: 'bg-primary text-primary-foreground hover:bg-primary/90',
  danger: 'bg-danger text-background hover:bg-danger/90',
}

interface ButtonProps extends Omit<ComponentProps<'button'>, 'type'> {
  look?: keyof typeof looks
  type?: 'button' | 'submit'
}

/** The classes of a button, for one that a component draws. */
export function buttonLook(look: keyof typeof looks = 'plain'): string {
  return `inline-flex min-h-8 [&_svg]:shrink-0 items-center justify-center gap-1.5 rounded-lg px-3 py-1 text-sm font-medium transition-colors disabled:pointer-events-none disabled:opacity-50 aria-disabled:pointer-events-none aria-disabled:opacity-50 ${looks[look]}`
}

export function Button({ look = 'plain', type = 'button', className = '', ...rest }: ButtonProps) {
  return <button type={type} className={`${buttonLook(look)} ${className}`} {...rest} />
}
