import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import type { Square } from '../../api/pictures'
import { AdjustCrop } from './Adjust'

function Adjusted() {
  const [draft, setDraft] = useState<Square>()
  const frame = { x: 10, y: 10, side: 50, width: 100, height: 100 }
  return (
    <AdjustCrop frame={frame} view={{}} draft={draft} onDraft={setDraft} onView={() => undefined} />
  )
}

test.each(['Use this frame', 'Leave it as it was', 'Escape'])(
  'the focus goes to the frame, and back after: %s',
  async (leave) => {
    const user = userEvent.setup()
    render(<Adjusted />)
    await user.click(await screen.findByRole('button', { name: 'Adjust the frame' }))
    expect(screen.getByRole('group', { name: 'Your own frame' })).toHaveFocus()
    if (leave === 'Escape') await user.keyboard('{Escape}')
    else await user.click(screen.getByRole('button', { name: leave }))
    expect(screen.getByRole('button', { name: 'Adjust the frame' })).toHaveFocus()
  },
)
