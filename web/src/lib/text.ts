/** A text with its first letter in capitals: answers of the tree are written in small letters. */
export function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1)
}
