import { Component, type ReactNode } from 'react'

interface ErrorBoundaryProps {
  /** Shown in place of children that fail to render. */
  fallback: ReactNode
  children: ReactNode
}

/** Keeps a rendering error from removing the rest of the page. React logs the error. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children
  }
}
