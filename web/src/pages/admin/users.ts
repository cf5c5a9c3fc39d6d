/** Where lists of accounts are remembered. */
export const USERS = ['admin', 'users'] as const
