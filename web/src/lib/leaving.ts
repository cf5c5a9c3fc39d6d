/** Go to another page by loading it anew, so that nothing of the one who leaves stays in memory. */
export function leaveTo(path: string): void {
  location.assign(path)
}
