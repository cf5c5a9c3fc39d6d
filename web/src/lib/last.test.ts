import { recallLast, rememberLast } from './last'

const spiral = {
  answers: ['smooth-or-features.features', 'edge-on.no', 'spiral.yes'],
  classes: ['hubble:spiral'],
  kind: 'galaxy',
  lesson: 'spiral',
}

beforeEach(() => sessionStorage.clear())

test('what is remembered is recalled', () => {
  rememberLast(spiral)
  expect(recallLast()).toEqual(spiral)
})

test('nothing is recalled before the first answer', () => {
  expect(recallLast()).toBeUndefined()
})

test.each([
  'not JSON',
  '3',
  'null',
  '{"answers": "smooth", "classes": [], "kind": null, "lesson": "a"}',
  '{"answers": [1], "classes": [], "kind": null, "lesson": "a"}',
  '{"answers": [], "classes": []}',
])('what is not an answer is ignored: %s', (stored) => {
  sessionStorage.setItem('skyform-last', stored)
  expect(recallLast()).toBeUndefined()
})
