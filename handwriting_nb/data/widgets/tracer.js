// A sheet to paint a digit on: `picture` are its pixels, a byte each, and `strokes` what the tracer has found in them.

export default {render({model, el}) {
  const SIDE = model.get('side'), CSS = 280, get = k => model.get(k), live = listener(model);
  const canvas = make('canvas', {width: 2*CSS, height: 2*CSS, role: 'img', 'aria-label': 'sheet to paint a digit on'}), pen = canvas.getContext('2d');
  const over = make('svg', {viewBox: `0 0 ${SIDE} ${SIDE}`, 'aria-hidden': 'true'});
  const say = make('p', {role: 'status', 'aria-live': 'polite', class: 'hw-say'});
  const button = (name, f) => make('button', {type: 'button', onclick: f}, name);
  const ink = () => getComputedStyle(el.firstChild).color || 'rgb(0, 0, 0)';
  let painted = [];
  const undo = button('Undo', () => { painted.pop(); paint(); send(); }), clear = button('Clear', () => { painted = []; paint(); send(); });
  const brush = slider('Brush', 10, [4, 18, 1], v => `${v} %`, () => {});
  el.append(make('div', {class: 'hw hw-tracer', ...OWN_KEYS}, make('div', {class: 'hw-easel'}, canvas, over),
    make('div', {class: 'hw-row'}, undo, clear, brush.label), say));

  const paint = stroke => {
    pen.clearRect(0, 0, 2*CSS, 2*CSS);
    pen.strokeStyle = ink(); pen.lineCap = pen.lineJoin = 'round';
    for (const [s, width] of [...painted, ...stroke ? [[stroke, +brush.input.value]] : []]) {
      const scale = 2*CSS/canvas.getBoundingClientRect().width;
      pen.lineWidth = 2*CSS*width/100; pen.beginPath();
      s.forEach(([x, y], i) => i ? pen.lineTo(scale*x, scale*y) : pen.moveTo(scale*x, scale*y+.01));
      if (s.length === 1) pen.lineTo(scale*s[0][0], scale*s[0][1]);
      pen.stroke();
    }
    undo.disabled = !painted.length; clear.disabled = !painted.length && !over.firstChild;
  };
  const send = () => {
    const small = make('canvas', {width: SIDE, height: SIDE}).getContext('2d', {willReadFrequently: true});
    small.imageSmoothingQuality = 'high'; small.drawImage(canvas, 0, 0, SIDE, SIDE);
    const alpha = small.getImageData(0, 0, SIDE, SIDE).data.filter((_, i) => i % 4 === 3);
    over.replaceChildren(); say.textContent = painted.length ? 'tracing …' : 'Paint a digit with a mouse, a pen or a finger.';
    model.set('picture', new DataView(alpha.buffer)); model.save_changes();
  };
  const colours = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b'];
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const show = () => {
    over.replaceChildren(); let wait = 0;
    get('strokes').forEach((s, k) => {
      const c = colours[k % 6], path = make('path', {d: curve(s), stroke: c}), dot = make('circle', {cx: s[0][0], cy: s[0][1], r: SIDE/55, fill: c});
      over.append(path, dot);
      if (still) return;
      const length = path.getTotalLength()+.01, time = 15*s.length+80, ease = {delay: wait, duration: time, fill: 'backwards'};
      path.animate([{strokeDasharray: `0 ${length}`}, {strokeDasharray: `${length} 0`}], ease);
      dot.animate([{opacity: 0}, {opacity: 1}], {...ease, duration: 60});
      wait += time;
    });
    const n = get('strokes').length;
    if (get('picture').byteLength || n) say.textContent = n > 1 ? `${n} strokes, each from its dot on` : n ? 'One stroke, from its dot on' : get('message');
  };
  const old = () => {                 // a picture that came from elsewhere
    const bytes = get('picture'); if (painted.length || bytes.byteLength !== SIDE*SIDE) return;
    const [r, g, b] = ink().match(/[\d.]+/g), image = new ImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE*SIDE; i++) image.data.set([r, g, b, bytes.getUint8(i)], 4*i);
    const small = make('canvas', {width: SIDE, height: SIDE}); small.getContext('2d').putImageData(image, 0, 0);
    pen.clearRect(0, 0, 2*CSS, 2*CSS); pen.imageSmoothingQuality = 'high'; pen.drawImage(small, 0, 0, 2*CSS, 2*CSS);
    clear.disabled = false;
  };
  follow(canvas, paint, s => { painted.push([s, +brush.input.value]); paint(); send(); });
  say.textContent = 'Paint a digit with a mouse, a pen or a finger.';
  live.on('change:strokes', show); live.on('change:message', show); live.on('change:picture', old);
  paint(); old(); show();
  return () => live.off();
}};
