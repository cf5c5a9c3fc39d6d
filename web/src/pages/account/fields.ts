/** Characters of the shortest password that the server takes. */
export const LEAST_PASSWORD = 10

interface Given {
  email: string
  password: string
  /** Whether the password is to be a new one. */
  fresh: boolean
}

export type Complaints = Record<'email' | 'password', boolean>

/** Which fields cannot be right. The server looks at them more closely. */
export function complaints({ email, password, fresh }: Given): Complaints {
  return {
    email: !/^\S+@\S+\.\S+$/.test(email.trim()),
    password: password.length < (fresh ? LEAST_PASSWORD : 1),
  }
}

/** Lead the visitor to the first field that cannot be right. */
export function focusFirst(form: HTMLFormElement, wrong: Complaints): void {
  const name = wrong.email ? 'email' : 'password'
  form.querySelector<HTMLInputElement>(`input[name=${name}]`)?.focus()
}
