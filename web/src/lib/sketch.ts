/**
 * Small drawings of what each answer means, on a square of 64 units: contours of equal brightness for smooth light, and arms as
 * logarithmic spirals. They are diagrams, not pictures: where a real picture is at hand, that is shown.
 */
export interface Mark {
  d: string
  /** How bright, 0 to 1. */
  light: number
}

type Winding = 'tight' | 'medium' | 'loose'

export interface DiscShape {
  arms?: number
  winding?: Winding
  bar?: boolean
  /** Radius of the bulge. */
  bulge?: number
  sense?: 'clockwise' | 'anticlockwise'
}

const CENTRE = 32
const EDGE = 28
const DEGREE = Math.PI / 180
const PITCH: Record<Winding, number> = { tight: 9, medium: 18, loose: 32 }

/** A smooth galaxy as three contours; `ratio` is the short axis over the long one. */
export function smooth(ratio: number, angle = 0): Mark[] {
  return [
    { d: ellipse(CENTRE, CENTRE, EDGE, EDGE * ratio, angle), light: 0.22 },
    { d: ellipse(CENTRE, CENTRE, 18, 18 * ratio, angle), light: 0.38 },
    { d: ellipse(CENTRE, CENTRE, 8, 8 * Math.max(ratio, 0.45), angle), light: 1 },
  ]
}

/** A disc seen from above. */
export function disc({
  arms = 0,
  winding = 'medium',
  bar = false,
  bulge = 6,
  sense = 'anticlockwise',
}: DiscShape = {}): Mark[] {
  const marks: Mark[] = [{ d: ellipse(CENTRE, CENTRE, EDGE, EDGE), light: 0.16 }]
  const from = bar ? 14 : Math.max(bulge, 4)
  for (let arm = 0; arm < arms; arm += 1) {
    const turn = (360 / arms) * arm * DEGREE
    marks.push({
      d: spiralArm({ from, turn, pitch: PITCH[winding] * DEGREE, flip: sense === 'clockwise' }),
      light: 0.8,
    })
  }
  if (bar) marks.push({ d: ellipse(CENTRE, CENTRE, 15, 4.5), light: 0.8 })
  if (bulge > 0) marks.push({ d: ellipse(CENTRE, CENTRE, bulge, bulge), light: 1 })
  return marks
}

/** A disc whose arms are many short pieces. */
function flocculent(): Mark[] {
  const pieces = [12, 17, 22].flatMap((radius, ring) =>
    Array.from({ length: 4 + ring }, (_, at) => {
      const from = (360 / (4 + ring)) * at + 25 * ring
      return { d: arc(radius, from, from + 48 - 6 * ring, 2.5), light: 0.7 }
    }),
  )
  return [...disc({ bulge: 6 }), ...pieces]
}

/** A disc seen from the side. */
export function edgeOn(bulge: 'rounded' | 'boxy' | 'none' = 'none'): Mark[] {
  const marks: Mark[] = [
    { d: ellipse(CENTRE, CENTRE, EDGE, 4.5), light: 0.3 },
    { d: ellipse(CENTRE, CENTRE, 24, 2), light: 1 },
  ]
  if (bulge === 'rounded') marks.push({ d: ellipse(CENTRE, CENTRE, 10, 8), light: 0.8 })
  if (bulge === 'boxy') marks.push({ d: box(11, 7.5, 4), light: 0.8 })
  return marks
}

const ODD: Record<string, () => Mark[]> = {
  ring: () => [
    { d: `${ellipse(CENTRE, CENTRE, 27, 23)} ${ellipse(CENTRE, CENTRE, 21, 17)}`, light: 0.7 },
    { d: ellipse(CENTRE, CENTRE, 7, 6), light: 1 },
  ],
  lens: () => [
    { d: ellipse(CENTRE, CENTRE, 11, 9), light: 1 },
    { d: arc(23, 200, 320, 3.5), light: 0.8 },
    { d: arc(20, 45, 85, 3), light: 0.6 },
  ],
  disturbed: () => [
    { d: ellipse(30, 34, 20, 12, -25), light: 0.3 },
    { d: 'M12 44 Q2 30 12 12 Q9 30 20 40 Z', light: 0.55 },
    { d: 'M42 22 Q54 12 60 20 Q54 20 46 30 Z', light: 0.55 },
    { d: ellipse(31, 34, 8, 6, -25), light: 1 },
  ],
  irregular: () => [
    { d: 'M10 36 Q14 18 30 20 Q40 8 50 20 Q60 32 48 42 Q40 56 26 50 Q12 52 10 36 Z', light: 0.25 },
    { d: ellipse(24, 38, 6, 4, 20), light: 0.8 },
    { d: ellipse(42, 26, 5, 4, -30), light: 0.8 },
    { d: ellipse(36, 40, 3, 3), light: 1 },
    { d: ellipse(29, 27, 2.5, 2.5), light: 0.8 },
  ],
  other: () => [
    ...smooth(0.7, -20),
    { d: ellipse(52, 12, 3, 3), light: 0.8 },
    { d: ellipse(12, 50, 2, 2), light: 0.8 },
  ],
  merger: () => [
    { d: ellipse(22, 36, 15, 11, 30), light: 0.3 },
    { d: ellipse(44, 28, 13, 9, -40), light: 0.3 },
    { d: 'M10 30 Q4 16 14 6 Q11 20 18 28 Z', light: 0.5 },
    { d: 'M52 34 Q62 44 54 58 Q54 46 46 38 Z', light: 0.5 },
    { d: ellipse(23, 36, 5, 4, 30), light: 1 },
    { d: ellipse(43, 28, 5, 4, -40), light: 1 },
  ],
  'dust-lane': () => [
    {
      d: `${ellipse(CENTRE, CENTRE, EDGE, 13)} M2 30 Q32 27 62 30 L62 35 Q32 32 2 35 Z`,
      light: 0.4,
    },
    {
      d: 'M22 29 A10 8 0 0 1 42 29 Q32 28 22 29 Z M22 34 A10 8 0 0 0 42 34 Q32 33 22 34 Z',
      light: 1,
    },
  ],
  star: () => [
    {
      d: 'M32 2 L34.5 29.5 L62 32 L34.5 34.5 L32 62 L29.5 34.5 L2 32 L29.5 29.5 Z',
      light: 0.7,
    },
    { d: ellipse(CENTRE, CENTRE, 7, 7), light: 1 },
  ],
  cluster: () =>
    CLUSTER.map(([x, y, r]) => ({ d: ellipse(CENTRE + x, CENTRE + y, r, r), light: 0.9 })),
  nebula: () => [
    {
      d: 'M8 38 Q4 22 20 20 Q24 6 38 12 Q54 8 56 24 Q64 38 50 46 Q44 60 30 52 Q14 56 8 38 Z',
      light: 0.25,
    },
    { d: 'M18 36 Q16 26 28 28 Q32 18 42 24 Q52 28 44 36 Q38 46 30 42 Q22 46 18 36 Z', light: 0.4 },
    { d: ellipse(30, 33, 2, 2), light: 1 },
    { d: ellipse(38, 30, 1.5, 1.5), light: 1 },
    { d: ellipse(20, 44, 1.5, 1.5), light: 1 },
  ],
}

const CLUSTER: readonly (readonly [number, number, number])[] = [
  [0, 0, 3.5],
  [-6, -4, 2.5],
  [5, -6, 2.5],
  [7, 4, 2.5],
  [-5, 6, 3],
  [1, 9, 2],
  [-12, 1, 2],
  [-1, -11, 2],
  [13, -3, 2],
  [11, 12, 1.5],
  [-12, -13, 1.5],
  [-15, 11, 1.5],
  [13, -15, 1.5],
  [-2, 19, 1.5],
  [21, 5, 1.5],
  [-22, -3, 1.5],
  [3, -22, 1.5],
]

// What each answer of the Galaxy Zoo 2 tree looks like, and each kind of object.
const ANSWERS: Record<string, () => Mark[]> = {
  'smooth-or-features.smooth': () => smooth(0.8, -20),
  'smooth-or-features.features': () => disc({ arms: 2 }),
  'smooth-or-features.star': () => drawn('star'),
  'edge-on.yes': () => edgeOn('rounded'),
  'edge-on.no': () => disc({ arms: 2 }),
  'bar.yes': () => disc({ bar: true, arms: 2 }),
  'bar.no': () => disc({ arms: 2, bulge: 5 }),
  'spiral.yes': () => disc({ arms: 2 }),
  'spiral.no': () => disc(),
  'bulge.none': () => disc({ arms: 2, bulge: 0 }),
  'bulge.just-noticeable': () => disc({ arms: 2, bulge: 4 }),
  'bulge.obvious': () => disc({ arms: 2, bulge: 8 }),
  'bulge.dominant': () => disc({ arms: 2, bulge: 14 }),
  'odd.yes': () => drawn('merger'),
  'odd.no': () => smooth(0.7, -20),
  'roundness.round': () => smooth(1),
  'roundness.in-between': () => smooth(0.62, -20),
  'roundness.cigar': () => smooth(0.28, -20),
  'edge-on-bulge.rounded': () => edgeOn('rounded'),
  'edge-on-bulge.boxy': () => edgeOn('boxy'),
  'edge-on-bulge.none': () => edgeOn('none'),
  'arm-winding.tight': () => disc({ arms: 2, winding: 'tight' }),
  'arm-winding.medium': () => disc({ arms: 2, winding: 'medium' }),
  'arm-winding.loose': () => disc({ arms: 2, winding: 'loose' }),
  'arm-number.1': () => disc({ arms: 1 }),
  'arm-number.2': () => disc({ arms: 2 }),
  'arm-number.3': () => disc({ arms: 3 }),
  'arm-number.4': () => disc({ arms: 4 }),
  'arm-number.more': () => disc({ arms: 6, winding: 'loose' }),
  'arm-number.cant-tell': flocculent,
  'sense.clockwise': () => disc({ arms: 2, sense: 'clockwise' }),
  'sense.anticlockwise': () => disc({ arms: 2, sense: 'anticlockwise' }),
}

// Views on the tree that say more than one answer does.
const CLASSES: Record<string, () => Mark[]> = {
  'hubble:elliptical': () => smooth(0.8, -20),
  'hubble:lenticular': () => disc({ bulge: 10 }),
  'hubble:spiral': () => disc({ arms: 2 }),
  'galaxy10_decals:barred': () => disc({ arms: 2, bar: true }),
  'galaxy10_decals:unbarred-tight': () => disc({ arms: 2, winding: 'tight' }),
  'galaxy10_decals:unbarred-loose': () => disc({ arms: 2, winding: 'loose' }),
  'galaxy10_decals:merging': () => drawn('merger'),
  'galaxy10_decals:disturbed': () => drawn('disturbed'),
  'galaxy10_decals:edge-on-no-bulge': () => edgeOn('none'),
  'galaxy10_decals:edge-on-bulge': () => edgeOn('rounded'),
}

const KINDS: Record<string, () => Mark[]> = {
  galaxy: () => disc({ arms: 2 }),
  cluster: () => drawn('cluster'),
  nebula: () => drawn('nebula'),
  lens: () => drawn('lens'),
  none: () => drawn('star'),
}

/** What an answer looks like; undefined for one that no drawing is known of. */
export function sketchOfAnswer(answer: string): Mark[] | undefined {
  const [question, id = ''] = answer.split('.')
  return question === 'odd-feature' ? ODD[id]?.() : ANSWERS[answer]?.()
}

/** What a page of the guide is about: its first class, answer or kind that a drawing is known of. */
export function sketchOfPage(page: {
  answers: string[]
  classes: string[]
  kinds: string[]
}): Mark[] | undefined {
  const found =
    page.kinds.map((kind) => KINDS[kind]?.()).find(Boolean) ??
    page.classes.map((name) => CLASSES[name]?.()).find(Boolean)
  return found ?? page.answers.map(sketchOfAnswer).find(Boolean)
}

function drawn(name: string): Mark[] {
  return ODD[name]?.() ?? []
}

function ellipse(x: number, y: number, long: number, short: number, angle = 0): string {
  const dx = long * Math.cos(angle * DEGREE)
  const dy = long * Math.sin(angle * DEGREE)
  const half = `A${n(long)} ${n(short)} ${n(angle)} 0 1`
  return `M${n(x - dx)} ${n(y - dy)} ${half} ${n(x + dx)} ${n(y + dy)} ${half} ${n(x - dx)} ${n(y - dy)} Z`
}

function box(long: number, short: number, round: number): string {
  const [l, r, t, b] = [CENTRE - long, CENTRE + long, CENTRE - short, CENTRE + short]
  return `M${l + round} ${t} L${r - round} ${t} Q${r} ${t} ${r} ${CENTRE} Q${r} ${b} ${r - round} ${b} L${l + round} ${b} Q${l} ${b} ${l} ${CENTRE} Q${l} ${t} ${l + round} ${t} Z`
}

function arc(radius: number, from: number, to: number, width: number): string {
  const at = (r: number, angle: number) =>
    `${n(CENTRE + r * Math.cos(angle * DEGREE))} ${n(CENTRE + r * Math.sin(angle * DEGREE))}`
  const [inner, outer] = [radius - width / 2, radius + width / 2]
  return `M${at(outer, from)} A${outer} ${outer} 0 0 1 ${at(outer, to)} L${at(inner, to)} A${inner} ${inner} 0 0 0 ${at(inner, from)} Z`
}

/** A logarithmic spiral that grows thinner outwards. Outwards it runs clockwise on the screen, which is how a galaxy that turns anticlockwise trails its arms. */
function spiralArm({
  from,
  turn,
  pitch,
  flip,
}: {
  from: number
  turn: number
  pitch: number
  flip: boolean
}): string {
  const whole = Math.log((EDGE - 1) / from) / Math.tan(pitch)
  const steps = Math.max(12, Math.ceil(whole * 6))
  const way = flip ? -1 : 1
  const outer: string[] = []
  const inner: string[] = []
  for (let i = 0; i <= steps; i += 1) {
    const along = (whole * i) / steps
    const radius = from * Math.exp(along * Math.tan(pitch))
    const half = 0.5 + 1.3 * Math.sin(Math.PI * Math.min(1, 0.25 + (0.75 * i) / steps))
    const angle = way * along + turn
    const point = (r: number) =>
      `${n(CENTRE + r * Math.cos(angle))} ${n(CENTRE + r * Math.sin(angle))}`
    outer.push(point(radius + half))
    inner.unshift(point(radius - half))
  }
  return `M${[...outer, ...inner].join(' L')} Z`
}

function n(value: number): number {
  return Math.round(value * 10) / 10
}
