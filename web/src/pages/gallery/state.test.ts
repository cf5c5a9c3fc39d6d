import { readView, type View, writeView } from './state'

const usual: View = { klass: '', survey: '', mistakes: false, order: 'class', pages: 1 }

test('the usual view has an empty address', () => {
  expect(readView(new URLSearchParams())).toEqual(usual)
  expect(writeView(usual).toString()).toBe('')
})

test('a view survives its address, and others keep their parameters', () => {
  const view: View = {
    klass: 'galaxy10_decals:barred',
    survey: 'decals',
    mistakes: true,
    order: 'mistakes',
    pages: 3,
  }
  const params = writeView(view, new URLSearchParams('one=g1'))
  expect(params.get('one')).toBe('g1')
  expect(readView(params)).toEqual(view)
})

test.each(['sort=nonsense', 'pages=-2', 'pages=1.5', 'pages=many', 'mistakes=perhaps'])(
  '%s is as if it were not there',
  (address) => {
    expect(readView(new URLSearchParams(address))).toEqual(usual)
  },
)

test('nobody can ask for pages without end', () => {
  expect(readView(new URLSearchParams('pages=99999999')).pages).toBe(100)
})
