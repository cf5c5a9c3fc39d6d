import { screen } from '@testing-library/react'
import { show } from '../../testing-page'
import { madeUpAnswer, TREE } from '../result/made-up'
import Example from './Example'

test('the example is drawn with its path, without a warning', async () => {
  class Watch {
    observe() {}
    disconnect() {}
  }
  vi.stubGlobal('ResizeObserver', Watch)
  const warned = vi.spyOn(console, 'error')
  show(<Example />, {
    answers: {
      'GET /api/v1/models': { models: [{ id: 'made-up', tree: TREE, taxonomies: [] }], limits: {} },
      'GET /api/v1/gallery/random': {
        id: 'g1',
        title: 'A galaxy',
        picture: '/picture',
        credit: 'Somebody',
        licence: 'CC0',
        truth_text: 'a spiral',
        classification: madeUpAnswer(),
      },
    },
  })
  expect(await screen.findByText(/90 % sure of/)).toBeVisible()
  expect(warned).not.toHaveBeenCalled()
  warned.mockRestore()
})
