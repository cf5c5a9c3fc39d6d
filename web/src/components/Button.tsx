import type { AnchorHTMLAttributes, ComponentProps } from 'react'
import { Link, type LinkProps } from 'react-router'
import css from './Button.module.css'

type Kind = 'strong' | 'normal' | 'plain'

/** A button. One `strong` one a view: the next thing to do. */
export function Button({
  kind = 'normal',
  className = '',
  ...rest
}: ComponentProps<'button'> & { kind?: Kind }) {
  return (
    <button type="button" className={`${css.button} ${css[kind] ?? ''} ${className}`} {...rest} />
  )
}

/** A link that looks like a button, because it is the next thing to do. */
export function ButtonLink({
  kind = 'normal',
  className = '',
  ...rest
}: LinkProps & { kind?: Kind }) {
  return <Link className={`${css.button} ${css[kind] ?? ''} ${className}`} {...rest} />
}

/** The same for what isn't a page of this site: a file, another site. */
export function ButtonAnchor({
  kind = 'normal',
  className = '',
  children,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & { kind?: Kind }) {
  return (
    <a className={`${css.button} ${css[kind] ?? ''} ${className}`} {...rest}>
      {children}
    </a>
  )
}
