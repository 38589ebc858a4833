import { Component, type ReactNode } from 'react'

interface ErrorBoundaryProps {
  /** Shown in place of children that cannot be drawn. */
  fallback: ReactNode
  children: ReactNode
}

/** Keeps what cannot be drawn from taking the rest of the page with it. React logs the error. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children
  }
}
