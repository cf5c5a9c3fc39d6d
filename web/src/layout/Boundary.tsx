import { Component, type ReactNode } from 'react'
import { NotLoaded } from '../lib/later'
import { Crash, Unreached } from '../pages/Crash'

interface Props {
  children: ReactNode
  /** For what the page can do without. */
  fallback?: ReactNode
}

/** Shows what went wrong in the place of what failed to draw, so that the rest of the site stays usable. */
export class Boundary extends Component<Props, { error: unknown }> {
  override state = { error: undefined }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override componentDidCatch(error: unknown) {
    if (error instanceof NotLoaded) error.forget()
  }

  override render() {
    const { error }: { error: unknown } = this.state
    const { children, fallback } = this.props
    if (error === undefined) return children
    if (fallback !== undefined) return fallback
    if (!(error instanceof NotLoaded)) return <Crash />
    return <Unreached retry={() => this.setState({ error: undefined })} />
  }
}
