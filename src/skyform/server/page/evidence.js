// The evidence map: a coarse grid of numbers made smooth and coloured with cividis, which colour-blind people read too.

const CIVIDIS = [
  [0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115],
  [138, 134, 120], [165, 156, 116], [195, 179, 105], [225, 204, 85], [254, 232, 56],
];
const SIDE = 256;

/** Colour of a value from 0 to 1, as [red, green, blue]. */
export function cividis(value) {
  const at = Math.min(Math.max(value, 0), 1) * (CIVIDIS.length - 1);
  const i = Math.min(Math.floor(at), CIVIDIS.length - 2);
  return CIVIDIS[i].map((c, k) => Math.round(c + (at - i) * (CIVIDIS[i + 1][k] - c)));
}

/** Paint the map (rows of numbers from 0 to 1) on a canvas; what weighs little stays nearly clear. */
export function paintEvidence(canvas, rows) {
  canvas.width = canvas.height = SIDE;
  const across = rows.map((row) => resample(row, SIDE));
  const columns = Array.from({ length: SIDE }, (_, x) => resample(across.map((row) => row[x]), SIDE));
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const value = Math.min(Math.max(columns[x][y], 0), 1);
      image.data.set([...cividis(value), Math.round(255 * (0.2 + 0.8 * value))], 4 * (y * SIDE + x));
    }
  }
  context.putImageData(image, 0, 0);
}

export function paintLegend(canvas) {
  const context = canvas.getContext("2d");
  for (let x = 0; x < canvas.width; x++) {
    context.fillStyle = `rgb(${cividis(x / (canvas.width - 1)).join(" ")})`;
    context.fillRect(x, 0, 1, canvas.height);
  }
}

// Catmull-Rom through the centres of the cells, the outermost repeated beyond the edge.
function resample(values, length) {
  const at = (i) => values[Math.min(Math.max(i, 0), values.length - 1)];
  return Array.from({ length }, (_, k) => {
    const position = ((k + 0.5) * values.length) / length - 0.5;
    const i = Math.floor(position);
    const t = position - i;
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  });
}
