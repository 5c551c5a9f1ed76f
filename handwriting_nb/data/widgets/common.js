// What the widgets share. Each is one module: this file and its own, one after the other. Nothing is fetched from anywhere.

const SVG = 'http://www.w3.org/2000/svg', DRAWN = new Set(['svg', 'g', 'path', 'line', 'circle', 'rect', 'text']);

// JupyterLab has commands on single keys: not while somebody is in here
const OWN_KEYS = {'data-lm-suppress-shortcuts': 'true', onkeydown: e => e.stopPropagation()};

// An element: make('label', {class: 'wide'}, 'Text', input)
function make(name, attributes, ...children) {
  const e = DRAWN.has(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [k, v] of Object.entries(attributes ?? {})) k.startsWith('on') ? e[k] = v : e.setAttribute(k, v);
  e.append(...children);
  return e;
}

// A label with a name, an input, and what it is set to (a span: an <output> in front of the input would be what the label belongs to)
function slider(name, value, [low, high, step], say, changed) {
  const out = make('span', {class: 'hw-value'}, say(value));
  const input = make('input', {type: 'range', min: low, max: high, step, value});
  const put = v => { input.value = v; out.textContent = say(v); input.setAttribute('aria-valuetext', say(v)); };
  input.oninput = () => { put(+input.value); changed(+input.value); };
  put(value);
  return {input, put, label: make('label', {class: 'hw-slider'}, make('span', {}, name, ' ', out), input)};
}

// Path data of a stroke [[x, y], …]: the curves of `Ink.svg`
function curve(s) {
  const n = s.length, round = v => Math.round(100*v)/100;
  if (n < 2) return n ? `M${s[0].map(round)}h0` : '';
  const way = [];
  for (let i = 0; i < n-1; i++) {
    const dx = s[i+1][0]-s[i][0], dy = s[i+1][1]-s[i][1], size = Math.hypot(dx, dy);
    way.push([dx/(size || 1), dy/(size || 1), size]);
  }
  const turn = i => { const a = way[Math.max(i-1, 0)], b = way[Math.min(i, n-2)]; return [(a[0]+b[0])/2, (a[1]+b[1])/2]; };
  let d = `M${s[0].map(round)}`;
  for (let i = 0; i < n-1; i++) {
    const [a, b] = [turn(i), turn(i+1)], third = way[i][2]/3, [p, q] = [s[i], s[i+1]];
    d += 'C'+[p[0]+a[0]*third, p[1]+a[1]*third, q[0]-b[0]*third, q[1]-b[1]*third, ...q].map(round);
  }
  return d;
}

// Numbers of a buffer that Python has sent
const floats = view => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset+view.byteLength));

// `f` when `wait` milliseconds have passed without another call
function quiet(wait, f) { let timer; return () => { clearTimeout(timer); timer = setTimeout(f, wait); }; }

function download(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], {type})), a = make('a', {href: url, download: name});
  document.body.append(a); a.click(); a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// Follow a mouse, a pen or a finger over an element: strokes of [x, y, milliseconds] in its pixels. Where a pen is used, a hand
// that rests on the glass does not write.
function follow(sheet, moved, done) {
  let stroke = null, start = null, pen = false;
  const take = e => {
    const box = sheet.getBoundingClientRect(), all = e.getCoalescedEvents?.() ?? [];
    for (const {clientX, clientY, timeStamp} of all.length ? all : [e]) {
      const x = Math.min(box.width, Math.max(0, clientX-box.left)), y = Math.min(box.height, Math.max(0, clientY-box.top));
      const last = stroke.at(-1);
      if (last && Math.hypot(x-last[0], y-last[1]) < .5 || stroke.length >= 4000) continue;
      start ??= timeStamp;
      stroke.push([x, y, timeStamp-start].map(v => Math.round(100*v)/100));
    }
    moved(stroke);
  };
  sheet.onpointerdown = e => {
    pen ||= e.pointerType === 'pen';
    if (stroke || e.button || pen && e.pointerType === 'touch' || !e.isPrimary) return;
    stroke = []; sheet.setPointerCapture(e.pointerId); take(e);
    e.preventDefault();
  };
  sheet.onpointermove = e => { if (stroke && sheet.hasPointerCapture(e.pointerId)) take(e); };
  sheet.onlostpointercapture = () => { if (stroke) { const s = stroke; stroke = null; done(s); } };
  return {again() { start = null; }};       // the clock starts with the next point
}

// Listen to the model for as long as the view lives
function listener(model) {
  const all = [];
  return {
    on(event, f) { model.on(event, f); all.push([event, f]); },
    off() { for (const [event, f] of all) model.off(event, f); },
  };
}

const VIRIDIS = (() => {
  const stops = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];
  return Array.from({length: 256}, (_, i) => {
    const at = i/255*(stops.length-1), k = Math.min(stops.length-2, Math.floor(at));
    return stops[k].map((v, c) => Math.round(v+(at-k)*(stops[k+1][c]-v)));
  });
})();

// A field of numbers from 0 to 1 as pixels
function pixels(values, width, height) {
  const image = new ImageData(width, height);
  for (let i = 0; i < values.length; i++) {
    const c = VIRIDIS[Math.max(0, Math.min(255, Math.round(255*values[i])))];
    image.data.set(c, 4*i); image.data[4*i+3] = 255;
  }
  return image;
}
