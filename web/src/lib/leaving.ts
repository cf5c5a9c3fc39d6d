import { tellTabs } from '../api/session'

/** Go to another page by loading it anew, so that nothing of the one who leaves stays in memory, here and in other tabs. */
export function leaveTo(path: string): void {
  tellTabs()
  location.assign(path)
}
