// The window as a picture that grows: a column a point, a row a letter, the text upwards.

const VIRIDIS = ['440154', '482475', '414487', '355f8d', '2a788e', '21918c', '22a884', '44bf70', '7ad151', 'bddf26', 'fde725']
  .map(h => [0, 2, 4].map(i => parseInt(h.slice(i, i + 2), 16)))

function colour(v) {
  const x = Math.max(0, Math.min(.9999, v)) * (VIRIDIS.length - 1), i = Math.floor(x), f = x - i
  return VIRIDIS[i].map((a, k) => Math.round(a + (VIRIDIS[i + 1][k] - a) * f))
}

const EDGE = 20          // where the letters stand

export class Window {
  constructor(canvas) {
    this.canvas = canvas; this.text = ''; this.columns = 0
    new ResizeObserver(() => this.draw()).observe(canvas)
  }
  /** A new line; room for ten points a letter, and more when they come */
  start(text) {
    this.text = text; this.columns = 0; this.rows = text.length + 1
    this.picture = new OffscreenCanvas(10 * (text.length + 2), this.rows); this.draw()
  }
  add(phi) {
    if (this.columns === this.picture.width) {
      const wider = new OffscreenCanvas(Math.round(1.2 * this.columns), this.rows)
      wider.getContext('2d').drawImage(this.picture, 0, 0); this.picture = wider
    }
    const column = new ImageData(1, this.rows)
    for (let u = 0; u < this.rows; u++) column.data.set([...colour(phi[u]), 255], 4 * (this.rows - 1 - u))
    this.picture.getContext('2d').putImageData(column, this.columns++, 0); this.late = true
  }
  show() { if (this.late) this.draw() }
  draw() {
    const { canvas, text, rows } = this, scale = devicePixelRatio || 1, w = canvas.clientWidth
    this.late = false
    if (!w || !text) return
    const row = Math.max(5, Math.min(13, 340 / rows)), h = Math.round(rows * row), c = canvas.getContext('2d')
    canvas.style.height = `${h}px`
    canvas.width = Math.round(w * scale); canvas.height = Math.round(h * scale)
    c.scale(scale, scale); c.imageSmoothingEnabled = false
    c.fillStyle = `rgb(${VIRIDIS[0]})`; c.fillRect(EDGE, 0, w - EDGE, h)
    c.drawImage(this.picture, EDGE, 0, w - EDGE, h)
    c.fillStyle = getComputedStyle(canvas).color; c.textAlign = 'center'; c.textBaseline = 'middle'
    c.font = `${Math.min(12, row)}px ui-monospace, monospace`
    const every = Math.ceil(9 / row);
    [...text, '⏎'].forEach((letter, u) => { if (u % every === 0) c.fillText(letter === ' ' ? '␣' : letter, EDGE / 2 - 2, h - (u + .5) * row) })
  }
}
