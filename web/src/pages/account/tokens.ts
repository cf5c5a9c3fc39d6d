/** Where the list of tokens is remembered. */
export const TOKENS = ['account', 'tokens'] as const
