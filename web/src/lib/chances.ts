/** The words for a chance, after the IPCC's calibrated language; the server's words (`schema/words.py`) have the same bounds. */
export function chanceWords(probability: number) {
  if (probability >= 0.99) return 'certain'
  if (probability >= 0.9) return 'veryLikely'
  if (probability >= 0.66) return 'likely'
  return probability >= 0.33 ? 'either' : 'unlikely'
}

/** Whether a thing with this chance is said at all, as in the plain sentence. */
export function isSaid(probability: number) {
  return !['either', 'unlikely'].includes(chanceWords(probability))
}
