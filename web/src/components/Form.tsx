import type { FormHTMLAttributes } from 'react'
import css from './Form.module.css'

/** Fields below each other. What is wrong is said by the page, in its own words. */
export function Form({ className = '', ...rest }: FormHTMLAttributes<HTMLFormElement>) {
  return <form noValidate className={`${css.form} ${className}`} {...rest} />
}
