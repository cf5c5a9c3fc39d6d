import type { Schemas } from '../api/client'

/** The tree that our own models answer, for tests. */
export const TREE: Schemas['TreeEntry'] = {
  id: 'skyform',
  name: 'Galaxy Zoo 2',
  questions: [
    question(
      'smooth-or-features',
      'Is the galaxy simply smooth and rounded, with no sign of a disc?',
      ['smooth', 'smooth', 'roundness'],
      ['features', 'features or disc', 'edge-on'],
      ['star', 'star or artefact', null],
    ),
    question(
      'edge-on',
      'Could this be a disc viewed edge-on?',
      ['yes', 'edge-on', 'edge-on-bulge'],
      ['no', 'not edge-on', 'bar'],
    ),
    question(
      'bar',
      'Is there a sign of a bar feature through the centre?',
      ['yes', 'a bar', 'spiral'],
      ['no', 'no bar', 'spiral'],
    ),
    question(
      'spiral',
      'Is there any sign of a spiral arm pattern?',
      ['yes', 'spiral arms', 'arm-winding'],
      ['no', 'no spiral arms', 'bulge'],
    ),
    question(
      'bulge',
      'How prominent is the central bulge?',
      ['none', 'no bulge', 'odd'],
      ['just-noticeable', 'a just noticeable bulge', 'odd'],
      ['obvious', 'an obvious bulge', 'odd'],
      ['dominant', 'a dominant bulge', 'odd'],
    ),
    question(
      'odd',
      'Is there anything odd?',
      ['yes', 'something odd', 'odd-feature'],
      ['no', 'nothing odd', null],
    ),
    question(
      'roundness',
      'How rounded is it?',
      ['round', 'completely round', 'odd'],
      ['in-between', 'in between', 'odd'],
      ['cigar', 'cigar shaped', 'odd'],
    ),
    question(
      'odd-feature',
      'What is the odd feature?',
      ['ring', 'a ring', null],
      ['lens', 'a lens or arc', null],
      ['disturbed', 'disturbed', null],
      ['irregular', 'irregular', null],
      ['other', 'something else', null],
      ['merger', 'a merger', null],
      ['dust-lane', 'a dust lane', null],
    ),
    question(
      'edge-on-bulge',
      'What shape is the bulge, seen from the side?',
      ['rounded', 'a rounded bulge', 'odd'],
      ['boxy', 'a boxy bulge', 'odd'],
      ['none', 'no bulge', 'odd'],
    ),
    question(
      'arm-winding',
      'How tightly wound do the spiral arms appear?',
      ['tight', 'tightly wound arms', 'arm-number'],
      ['medium', 'medium wound arms', 'arm-number'],
      ['loose', 'loosely wound arms', 'arm-number'],
    ),
    question(
      'arm-number',
      'How many spiral arms are there?',
      ['1', 'one arm', 'bulge'],
      ['2', 'two arms', 'bulge'],
      ['3', 'three arms', 'bulge'],
      ['4', 'four arms', 'bulge'],
      ['more', 'more than four arms', 'bulge'],
      ['cant-tell', 'an uncountable number of arms', 'bulge'],
    ),
    question(
      'sense',
      'Which way do the arms wind?',
      ['clockwise', 'clockwise', null],
      ['anticlockwise', 'anticlockwise', null],
    ),
  ],
  also_asked: { sense: ['spiral.yes'] },
}

function question(id: string, text: string, ...answers: [string, string, string | null][]) {
  return {
    id,
    text,
    answers: answers.map(([name, words, next]) => ({
      id: `${id}.${name}`,
      text: words,
      next,
      column: name,
    })),
  }
}
