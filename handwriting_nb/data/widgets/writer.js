// A line of handwriting as it is written. Settings are the model's; the line comes as messages from Python:
//   start {job, text, letters, y, width}    where the pen is above the base line, how wide the line may become
//   more  {job, from} [offsets (n, 3), φ (n, U), mixtures (n, M, 6)]
//   done  {job, count, tilt, base, say}     how many points stay, the slope to be taken out, the base line of what is left
//   futures {at, lengths} [offsets]         how it could have gone on after point `at`
//   file {name, data}, said {say}
// Units are those of the ink: strokes about 20 high.

const PACE = 30, ROOM = [-52, 34];   // points a second of a hand; above and below the base line

function nothing() { return {job: -1, text: '', letters: 0, y: 0, width: 300, x: [], ys: [], up: [], phi: [], mix: [], done: false, tilt: 0, shift: 0}; }

// Densities of point k, the highest of them 1, drawn into a field of pixels with `scale` pixels a unit and (left, top) in its corner
function cloud(field, line, k, level, {scale, left, top}) {
  const m = line.mix[k]; if (!m) return;
  const [px, py] = place(line, k-1, level), parts = [];
  for (let i = 0; i < m.length; i += 6) {
    if (m[i] < .005) continue;
    const sx = Math.max(m[i+3]*scale, .6), sy = Math.max(m[i+4]*scale, .6), r = Math.max(-.98, Math.min(.98, m[i+5])), q = Math.sqrt(1-r*r);
    parts.push([(px+m[i+1]-left)*scale, (py+m[i+2]-top)*scale, sx, sy, r, q, m[i]/(sx*sy*q)]);
  }
  const most = Math.max(...parts.map(p => p[6]));
  for (const [cx, cy, sx, sy, r, q, peak] of parts) {
    const x0 = Math.max(0, Math.floor(cx-3*sx)), x1 = Math.min(field.width-1, Math.ceil(cx+3*sx));
    const y0 = Math.max(0, Math.floor(cy-3*sy)), y1 = Math.min(field.height-1, Math.ceil(cy+3*sy));
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) {
      const u = (x-cx)/sx, v = (y-cy)/sy, d = Math.sqrt(peak/most*Math.exp(-(u*u-2*r*u*v+v*v)/(2*q*q)));
      if (d > field.values[y*field.width+x]) field.values[y*field.width+x] = d;
    }
  }
}

// Where point k is; before the first, where the pen began. At level 1 the line is straight, and stands on the base line.
function place(line, k, level) { const [x, y] = k < 0 ? [0, line.y] : [line.x[k], line.ys[k]]; return [x, settled(line, x, y, level)]; }
const settled = (line, x, y, level) => y-level*(line.tilt*x+line.shift);

// The first n points as strokes [[x, y], …]
function strokes(line, n, level) {
  const all = []; let open = false;
  for (let k = 0; k < n; k++) {
    if (!open) all.push([]);
    all.at(-1).push(place(line, k, level)); open = !line.up[k];
  }
  return all;
}

function canvas(name) {
  const c = make('canvas', {role: 'img', 'aria-label': name}), pen = c.getContext('2d');
  const size = height => {            // in pixels of the screen; true if it has changed
    const sharp = Math.min(2, devicePixelRatio || 1), w = Math.round(sharp*(c.clientWidth || 300)), h = Math.round(sharp*height);
    if (c.width === w && c.height === h) return false;
    c.width = w; c.height = h; c.style.height = `${height}px`; return true;
  };
  return {c, pen, size, show: (field, x = 0, y = 0) => pen.putImageData(pixels(field.values, field.width, field.height), x, y)};
}

const field = (width, height) => ({width, height, values: new Float32Array(width*height)});

export default {render({model, el}) {
  const get = k => model.get(k), live = listener(model), still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const put = state => { for (const k in state) model.set(k, state[k]); model.save_changes(); };
  const later = {};                  // a setting is sent when it has been left alone for a while
  const send = (k, v, wait = 40) => { (later[k] ??= {}).v = v; (later[k].go ??= quiet(wait, () => put({[k]: later[k].v})))(); };
  let line = nothing(), shown = 0, level = 0, owed = 0, before = 0, frame = 0, cursor = null, dreams = [], want = false;

  // Settings
  const text = make('input', {type: 'text', maxlength: 60, spellcheck: 'false', autocomplete: 'off', oninput: () => send('text', text.value)});
  text.onkeydown = e => { if (e.key === 'Enter') roll(); };
  const bias = slider('Bias', get('bias'), [0, 3, .05], v => (+v).toFixed(2), v => send('bias', v));
  const size = slider('Size', get('size'), [40, 300, 10], v => `${v} %`, v => { send('size', v); redraw(); });
  const slant = slider('Slant', get('slant'), [-30, 45, 1], v => `${v}°`, v => { send('slant', v); redraw(); });
  const speed = slider('Speed', Math.log2(get('speed')), [0, 6, .5], v => `${+(2**v).toPrecision(2)} ×`, v => send('speed', 2**v));
  const seed = make('input', {type: 'number', min: 0, max: 2**31-1, step: 1, oninput: () => { if (seed.checkValidity() && seed.value) send('seed', +seed.value); }});
  const roll = () => put({seed: Math.floor(2**31*Math.random())});
  const dice = make('button', {type: 'button', title: 'Another seed', 'aria-label': 'Another seed', onclick: roll, class: 'hw-die'});
  dice.innerHTML = '<svg viewBox="0 0 20 20" aria-hidden="true"><rect x="2" y="2" width="16" height="16" rx="3.5"/><path d="M6.5 6.5h0M13.5 6.5h0M10 10h0M6.5 13.5h0M13.5 13.5h0"/></svg>';
  const group = `style-${model.get('_model_id') ?? Math.random()}`;
  const choices = get('thumbs').map(([value, name, svg]) => {
    const radio = make('input', {type: 'radio', name: group, value, onchange: () => put({style: value})});
    const label = make('label', {title: name}, radio);
    label.insertAdjacentHTML('beforeend', svg || `<span>${name}</span>`);
    label.querySelector('svg')?.setAttribute('aria-hidden', 'true');
    radio.setAttribute('aria-label', name);
    return {radio, label, value};
  });

  // The sheet
  const base = make('line', {class: 'hw-base'}), now = make('g', {class: 'hw-ink'}), then = make('g', {class: 'hw-futures'}), tip = make('circle', {class: 'hw-tip', r: 1.7});
  const lean = make('g', {}, then, now, tip), sheet = make('svg', {class: 'hw-line', role: 'img'}, base, lean);
  const scroll = make('div', {class: 'hw-scroll hw-sheet'}, sheet);
  const at = make('input', {type: 'range', min: 0, max: 0, value: 0, 'aria-label': 'Point of the line', disabled: ''});
  const dream = make('button', {type: 'button', onclick: () => ask(cursor ?? +at.value)}, 'Futures');
  const save = make('button', {type: 'button', onclick: () => model.send({ask: 'file'})}, 'Save SVG');
  const say = make('p', {role: 'status', 'aria-live': 'polite', class: 'hw-say'});
  const heat = canvas('The window: which character the network looks at, point by point'), map = canvas('Where each next point may fall, along the line');
  const near = canvas('Where the next point may fall, close up');
  const caption = s => make('figcaption', {}, s);
  el.append(make('div', {class: 'hw hw-writer', ...OWN_KEYS},
    make('label', {class: 'hw-wide'}, make('span', {}, 'Text'), text),
    make('fieldset', {class: 'hw-styles'}, make('legend', {}, 'Style'), ...choices.map(c => c.label)),
    make('div', {class: 'hw-sliders'}, bias.label, size.label, slant.label, speed.label,
      make('div', {class: 'hw-slider'}, make('label', {}, make('span', {}, 'Seed '), seed), dice)),
    scroll, make('div', {class: 'hw-row'}, make('label', {class: 'hw-at'}, make('span', {}, 'Point'), at), dream, save), say,
    make('div', {class: 'hw-panels'},
      make('figure', {}, heat.c, caption('The window: the text upwards, the points to the right. Bright is what the network looks at.')),
      make('figure', {}, map.c, make('div', {class: 'hw-close'}, near.c,
        caption('Where the next point may fall: above for all points so far, here for the point at the dot. The ring is where it fell.'))))));

  // Drawing
  const pixel = () => {               // pixels of the screen a unit of the ink
    const wide = scroll.clientWidth || 600;
    return Math.min(1.7, wide/room().w)*size.input.value/100;
  };
  const room = () => {
    let [top, bottom] = ROOM, left = -8, right = line.width;
    for (let k = 0; k < line.x.length; k++) {
      const [x, y] = place(line, k, line.done ? 1 : 0);
      left = Math.min(left, x-8); right = Math.max(right, x+14); top = Math.min(top, y-8); bottom = Math.max(bottom, y+8);
    }
    return {left, top, w: right-left, h: bottom-top};
  };
  const drawSheet = () => {
    const r = room(), px = pixel(), k = Math.tan(slant.input.value*Math.PI/180);
    const left = r.left+Math.min(0, k*-r.top, -k*(r.top+r.h)), wide = Math.max(r.w+Math.abs(k)*r.h, (scroll.clientWidth || 600)/px-.5);
    sheet.setAttribute('viewBox', `${left} ${r.top} ${wide} ${r.h}`);
    sheet.style.width = `${wide*px}px`; sheet.style.height = `${r.h*px}px`;
    lean.setAttribute('transform', `matrix(1 0 ${-k} 1 0 0)`);
    for (const [a, v] of Object.entries({x1: left, x2: left+wide, y1: 0, y2: 0})) base.setAttribute(a, v);
    const all = strokes(line, shown, level);
    while (now.childNodes.length > all.length) now.lastChild.remove();
    all.forEach((s, i) => {
      const path = now.childNodes[i] ?? now.appendChild(make('path'));
      if (path.count !== s.length || path.level !== level || path.job !== line.job) { path.setAttribute('d', curve(s)); Object.assign(path, {count: s.length, level, job: line.job}); }
    });
    const [x, y] = place(line, (cursor ?? shown-1), level);
    tip.setAttribute('cx', x); tip.setAttribute('cy', y); tip.style.display = shown && (cursor !== null || shown < line.x.length || !line.done) ? '' : 'none';
    then.replaceChildren(...dreams.map(d => make('path', {d})));
    if (cursor === null && shown && scroll.scrollWidth > scroll.clientWidth) scroll.scrollLeft = (x-r.left)*px-.7*scroll.clientWidth;
    sheet.setAttribute('aria-label', line.text ? `Handwriting: ${line.text}` : 'Sheet without writing');
  };
  const drawHeat = () => {
    const rows = line.letters+1, row = Math.max(4, Math.min(13, 230/rows)); heat.size(Math.round(row*rows)+2);
    const {pen, c} = heat, sharp = c.width/(c.clientWidth || 300), gutter = 14*sharp, n = line.done ? line.x.length : Math.max(line.x.length, 9*rows);
    const f = field(Math.max(1, n), rows);
    for (let k = 0; k < shown; k++) for (let u = 0; u < rows; u++) f.values[(rows-1-u)*f.width+k] = line.phi[k]?.[u] ?? 0;
    const small = make('canvas', {width: f.width, height: rows});
    small.getContext('2d').putImageData(pixels(f.values, f.width, rows), 0, 0);
    pen.clearRect(0, 0, c.width, c.height); pen.imageSmoothingEnabled = false;
    pen.drawImage(small, gutter, 0, c.width-gutter, c.height);
    pen.fillStyle = getComputedStyle(heat.c).color || '#000'; pen.font = `${Math.min(11, row+1)*sharp}px ui-monospace, monospace`; pen.textAlign = 'center'; pen.textBaseline = 'middle';
    [...line.text, '⏎'].forEach((ch, u) => pen.fillText(ch === ' ' ? '·' : ch, gutter/2, c.height*(rows-u-.5)/rows));
    const k = cursor ?? shown-1;
    if (k >= 0 && cursor !== null) { pen.fillStyle = '#e8710a'; pen.fillRect(gutter+(c.width-gutter)*(k+.5)/n-sharp/2, 0, 1.5*sharp, c.height); }
  };
  let trail = null;                   // what the map shows already
  const drawMap = () => {
    const r = room(), height = Math.round((map.c.clientWidth || 300)*Math.min(.6, r.h/r.w)); map.size(height);
    const box = {job: line.job, scale: Math.min(map.c.width/r.w, map.c.height/r.h), left: r.left, top: r.top, level: Math.floor(level)};
    if (!trail || trail.n > shown || Object.keys(box).some(k => box[k] !== trail[k])) trail = {...box, n: 0, field: field(map.c.width, map.c.height)};
    for (; trail.n < shown; trail.n++) cloud(trail.field, line, trail.n, trail.level, trail);
    map.show(trail.field);
  };
  const drawNear = () => {
    near.size(140);
    const {pen, c} = near, k = cursor === null ? shown : cursor+1, f = field(c.width, c.height);
    const m = line.mix[Math.min(k, line.mix.length-1)]; let reach = 6;
    if (m) for (let i = 0; i < m.length; i += 6) if (m[i] > .08) reach = Math.max(reach, Math.abs(m[i+1])+2*m[i+3], Math.abs(m[i+2])+2*m[i+4]);
    const half = Math.min(40, reach), [x, y] = place(line, k-1, level), box = {scale: c.width/(2*half), left: x-half, top: y-half};
    cloud(f, line, k, level, box); near.show(f);
    pen.strokeStyle = pen.fillStyle = '#fff'; pen.lineWidth = c.width/60; pen.lineCap = pen.lineJoin = 'round';
    const on = ([a, b]) => [(a-box.left)*box.scale, (b-box.top)*box.scale];
    for (const s of strokes(line, k, level)) pen.stroke(new Path2D(curve(s.map(on))));
    if (cursor !== null && k < line.x.length) { pen.beginPath(); pen.arc(...on(place(line, k, level)), c.width/35, 0, 7); pen.lineWidth = c.width/120; pen.stroke(); }
    pen.beginPath(); pen.arc(c.width/2, c.height/2, c.width/40, 0, 7); pen.fill();
  };
  const redraw = () => { frame ||= requestAnimationFrame(tick); };
  const tick = time => {
    frame = 0;
    const passed = Math.min(.1, (time-before)/1000); before = time;
    if (shown < line.x.length) {
      owed += still ? line.x.length : passed*PACE*2**speed.input.value;
      const n = Math.min(Math.floor(owed), line.x.length-shown); owed -= Math.floor(owed); shown += n;
    }
    if (line.done && shown >= line.x.length && level < 1) level = still ? 1 : Math.min(1, level+4*passed);
    at.max = Math.max(0, shown-1); at.disabled = dream.disabled = !shown; if (cursor === null) at.value = shown-1;
    save.disabled = !line.done;
    drawSheet(); drawHeat(); drawMap(); drawNear();
    if (shown < line.x.length || line.done && line.x.length && level < 1) redraw();
  };

  // One point, and what could have come after it
  const choose = k => { cursor = k; at.value = k; dreams = []; redraw(); };
  const ask = k => { if (k < 0 || k >= shown) return; choose(k); want = true; model.send({ask: 'futures', at: k}); };
  at.oninput = () => choose(+at.value);
  at.onkeydown = e => { if (e.key === 'Enter') ask(+at.value); };
  sheet.onclick = e => {
    const p = new DOMPoint(e.clientX, e.clientY).matrixTransform(lean.getScreenCTM().inverse()); let best = -1, far = 24/pixel();
    for (let k = 0; k < shown; k++) { const [x, y] = place(line, k, level), d = Math.hypot(x-p.x, y-p.y); if (d < far) { best = k; far = d; } }
    if (best >= 0) ask(best); else forget();
  };
  const forget = () => { cursor = null; dreams = []; want = false; redraw(); };
  el.firstChild.onkeydown = e => { e.stopPropagation(); if (e.key === 'Escape') forget(); };

  // What Python says
  const hear = {
    start(m) {
      if (m.job <= line.job) return;
      line = {...nothing(), ...m}; shown = 0; level = 0; owed = 0; before = performance.now(); forget();
    },
    more(m, [offsets, phi, mix]) {
      if (m.job !== line.job || line.done) return;
      const n = offsets.length/3, U = phi.length/n, M = mix.length/n;
      if (m.from > line.x.length) return model.send({ask: 'all'});
      for (let i = line.x.length-m.from; i < n; i++) {
        const [x, y] = place(line, line.x.length-1, 0);
        line.x.push(x+offsets[3*i]); line.ys.push(y+offsets[3*i+1]); line.up.push(offsets[3*i+2] > .5);
        line.phi.push(phi.subarray(U*i, U*i+U)); line.mix.push(mix.subarray(M*i, M*i+M));
      }
      redraw();
    },
    done(m) {
      if (m.job !== line.job || line.done) return;
      for (const k of ['x', 'ys', 'up', 'phi', 'mix']) line[k].length = Math.min(line[k].length, m.count);
      shown = Math.min(shown, m.count); line.done = true; line.tilt = m.tilt; line.shift = line.y+m.base; say.textContent = m.say; redraw();
    },
    futures(m, [offsets]) {
      if (!want || m.at !== cursor) return;
      let i = 0; dreams = [];
      for (const n of m.lengths) {
        let [x, y] = place(line, m.at, 0), open = !line.up[m.at]; const all = open ? [[place(line, m.at, level)]] : [];
        for (let k = 0; k < n; k++, i += 3) {
          x += offsets[i]; y += offsets[i+1];
          if (!open) all.push([]);
          all.at(-1).push([x, settled(line, x, y, level)]); open = offsets[i+2] < .5;
        }
        dreams.push(all.map(curve).join(''));
      }
      say.textContent = m.say; redraw();
    },
    file(m) { download(m.name, m.data, 'image/svg+xml'); },
    said(m) { say.textContent = m.say; if (m.empty) { line = nothing(); shown = 0; forget(); } },
  };
  live.on('msg:custom', (m, buffers) => hear[m.kind]?.(m, (buffers ?? []).map(floats)));

  const settings = () => {
    if (document.activeElement !== text && text.value !== get('text')) text.value = get('text');
    if (+seed.value !== get('seed')) seed.value = get('seed');
    for (const [s, v] of [[bias, get('bias')], [size, get('size')], [slant, get('slant')], [speed, Math.log2(get('speed'))]]) if (document.activeElement !== s.input) s.put(v);
    for (const c of choices) { c.radio.checked = c.value === get('style'); c.label.classList.toggle('hw-on', c.radio.checked); }
    redraw();
  };
  for (const k of ['text', 'bias', 'size', 'slant', 'speed', 'style', 'seed']) live.on(`change:${k}`, settings);
  const fit = new ResizeObserver(redraw); fit.observe(scroll);
  settings(); model.send({ask: 'all'});
  return () => { live.off(); fit.disconnect(); cancelAnimationFrame(frame); };
}};
