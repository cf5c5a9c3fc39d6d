import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from 'react'
import css from './Field.module.css'

interface Told {
  label: string
  /** What is wanted, below the field. */
  hint?: string | undefined
  /** What is wrong with what stands in it. */
  error?: string | undefined
}

/** A line of text to be given, with its label, and what is wrong with it. */
export function Field({
  label,
  hint,
  error,
  ...input
}: InputHTMLAttributes<HTMLInputElement> & Told) {
  const id = useId()
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={hint || error ? `${id}-more` : undefined}
        {...input}
      />
      <p id={`${id}-more`} className={error ? css.error : css.hint}>
        {error ?? hint}
      </p>
    </div>
  )
}

/** One of several, from a list that the browser draws in its own way: the best one on a phone. */
export function Choice({
  label,
  children,
  ...select
}: SelectHTMLAttributes<HTMLSelectElement> & { label: string; children: ReactNode }) {
  const id = useId()
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      <select id={id} {...select}>
        {children}
      </select>
    </div>
  )
}

/** Something that is on or off. */
export function Switch({
  label,
  hint,
  ...input
}: InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: string }) {
  const id = useId()
  return (
    <div className={css.switch}>
      <input id={id} type="checkbox" aria-describedby={hint && `${id}-more`} {...input} />
      <label htmlFor={id}>{label}</label>
      {hint && (
        <p id={`${id}-more`} className={css.hint}>
          {hint}
        </p>
      )}
    </div>
  )
}
