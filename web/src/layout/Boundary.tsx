import { Component, type ReactNode } from 'react'
import { Crash } from '../pages/Crash'

/** Shows `Crash` in the place of what failed to draw, so that the rest of the site stays usable. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    return this.state.failed ? <Crash /> : this.props.children
  }
}
