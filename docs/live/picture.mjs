// Pictures of digits as MNIST has them: framed, thinned. Each is a Float32Array of SIDE × SIDE, ink 1 on 0, row by row.

export const SIDE = 28
const BOX = 20          // that the ink fits in

const inside = (x, y) => x >= 0 && y >= 0 && x < SIDE && y < SIDE
const neighbours = [[0, -1], [1, -1], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1]]     // from north over east

/**
 * Paint (size × size, 0 to 1) as a picture: its ink scaled to fit a box of 20, by the mean over each pixel, and its centre of mass in the middle.
 * Gives {picture, scale, x, y}: a pixel (i, j) of it is (i / scale + x, j / scale + y) of the paint. Null without ink.
 */
export function framed(paint, size) {
  let x0 = size, x1 = -1, y0 = size, y1 = -1
  for (let i = 0; i < size * size; i++) if (paint[i] > .05) {
    const x = i % size, y = i / size | 0
    x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y)
  }
  if (x1 < 0) return null
  const w = x1 + 1 - x0, h = y1 + 1 - y0, scale = BOX / Math.max(w, h, size / 8), W = Math.ceil(w * scale - 1e-6), H = Math.ceil(h * scale - 1e-6)
  const small = new Float32Array(W * H), side = 1 / scale
  for (let j = 0; j < H; j++) for (let i = 0; i < W; i++) small[j * W + i] = mean(paint, size, x0 + i * side, y0 + j * side, side)
  const most = small.reduce((a, b) => Math.max(a, b), 0)
  let sum = 0, mx = 0, my = 0
  small.forEach((v, k) => { small[k] = v /= most; sum += v; mx += v * (k % W + .5); my += v * ((k / W | 0) + .5) })
  const place = (m, n) => Math.min(SIDE - n, Math.max(0, SIDE / 2 - Math.floor(m / sum)))
  const left = place(mx, W), top = place(my, H), picture = new Float32Array(SIDE * SIDE)
  for (let j = 0; j < H; j++) picture.set(small.subarray(j * W, (j + 1) * W), (j + top) * SIDE + left)
  return { picture, scale, x: x0 + (.5 - left) / scale - .5, y: y0 + (.5 - top) / scale - .5 }
}

/** Mean of a square of paint, `side` wide, whose corner is (x, y) */
function mean(paint, size, x, y, side) {
  let sum = 0
  for (let j = Math.floor(y); j < Math.min(size, y + side); j++) for (let i = Math.floor(x); i < Math.min(size, x + side); i++) {
    const across = Math.min(i + 1, x + side) - Math.max(i, x), down = Math.min(j + 1, y + side) - Math.max(j, y)
    sum += paint[j * size + i] * across * down
  }
  return sum / side ** 2
}

/** How many connected pieces a mask has, with or without corners (`digits.pieces`) */
function pieces(mask, corners) {
  const seen = new Uint8Array(mask.length), ways = neighbours.filter(([a, b]) => corners || !(a && b))
  let count = 0
  for (let s = 0; s < mask.length; s++) {
    if (!mask[s] || seen[s]) continue
    count++; seen[s] = 1
    for (const todo = [s]; todo.length;) {
      const k = todo.pop()
      for (const [a, b] of ways) {
        const x = k % SIDE + a, y = (k / SIDE | 0) + b, n = y * SIDE + x
        if (inside(x, y) && mask[n] && !seen[n]) { seen[n] = 1; todo.push(n) }
      }
    }
  }
  return count
}

/** Ink above the highest level that keeps half of it and all its pieces (`digits.levels`) */
export function solid(picture) {
  const grey = picture.map(v => Math.round(255 * v)), above = level => Uint8Array.from(grey, v => v > level), size = m => m.reduce((a, b) => a + b, 0)
  const first = above(0), count = size(first), numbers = [pieces(first, false), pieces(first, true)]
  let best = first
  for (let level = 25; level < 226; level += 25) {
    const mask = above(level)
    if (size(mask) < count / 2 || pieces(mask, false) !== numbers[0] || pieces(mask, true) !== numbers[1]) break
    best = mask
  }
  return best
}

/** Lines one pixel thin by Zhang and Suen (1984), after `solid`: what `digits.thinned` makes of a picture */
export function thinned(picture) {
  let mask = solid(picture), before
  do { before = mask; mask = peeled(peeled(mask, false), true) } while (mask.some((v, k) => v !== before[k]))
  return Float32Array.from(mask)
}

function peeled(mask, north) {
  return mask.map((v, k) => {
    if (!v) return 0
    const ring = neighbours.map(([a, b]) => { const x = k % SIDE + a, y = (k / SIDE | 0) + b; return inside(x, y) ? mask[y * SIDE + x] : 0 })
    const [n, , e, , s, , w] = ring, total = ring.reduce((a, b) => a + b, 0), turns = ring.filter((r, i) => !r && ring[(i + 1) % 8]).length
    const held = north ? n && e && w || n && s && w : n && e && s || e && s && w
    return turns === 1 && total >= 2 && total <= 6 && !held ? 0 : 1
  })
}
