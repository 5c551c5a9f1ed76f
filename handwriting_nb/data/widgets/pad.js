// A sheet to collect a hand on: `text` is asked for, `strokes` are on the sheet, `kept` are [text, strokes].

export default {render({model, el}) {
  const get = k => model.get(k), live = listener(model);
  const put = state => { for (const k in state) model.set(k, state[k]); model.save_changes(); show(); };
  const say = make('p', {role: 'status', 'aria-live': 'polite', class: 'hw-say'});
  const words = make('input', {type: 'text', maxlength: 200, spellcheck: 'false', autocomplete: 'off', oninput: () => put({text: words.value})});
  const button = (name, f) => make('button', {type: 'button', onclick: f}, name);
  const ink = make('path'), base = make('line', {class: 'hw-base'}), mid = make('line', {class: 'hw-mid'});
  const sheet = make('svg', {class: 'hw-paper', role: 'img', 'aria-label': 'sheet to write on, with a base line'}, mid, base, ink);
  const next = () => { const all = get('sentences'); return all[(all.indexOf(get('text'))+1) % all.length]; };
  const undo = button('Undo', () => {
    if (get('strokes').length) return put({strokes: get('strokes').slice(0, -1)});
    const [text, strokes] = get('kept').at(-1);
    put({text, strokes, kept: get('kept').slice(0, -1)});
  });
  const clear = button('Clear', () => put({strokes: []}));
  const keep = button('Keep', () => put({kept: [...get('kept'), [get('text').trim(), get('strokes')]], strokes: [], text: next()}));
  const skip = button('Another sentence', () => put({text: next()}));
  el.append(make('div', {class: 'hw hw-pad', ...OWN_KEYS},
    make('label', {class: 'hw-wide'}, make('span', {}, 'Write this, or words of your own'), words),
    make('div', {class: 'hw-scroll'}, sheet, make('div', {class: 'hw-grip', 'aria-hidden': 'true'}, 'move the sheet here')),
    make('div', {class: 'hw-row'}, undo, clear, keep, skip), say));

  const draw = pen => ink.setAttribute('d', [...get('strokes'), ...pen ? [pen] : []].map(s => curve(s.map(p => p.slice(0, 2)))).join(''));
  const show = () => {
    const n = get('kept').length, some = get('strokes').length > 0;
    const had = new Set(get('kept').map(k => k[0]).join('')), left = [...new Set(get('sentences').join(''))].filter(c => c.trim() && !had.has(c));
    if (words.value !== get('text')) words.value = get('text');
    say.textContent = `${n} ${n === 1 ? 'line' : 'lines'} kept. `+(left.length ? `Characters that none of them has: ${left.sort().join(' ')}` : 'Every character is there.');
    undo.disabled = !some && !n; clear.disabled = !some; keep.disabled = !some || !get('text').trim();
    draw();
  };
  const pen = follow(sheet, draw, s => put({strokes: [...get('strokes'), s]}));
  const fit = new ResizeObserver(() => {
    const {width, height} = sheet.getBoundingClientRect();
    for (const [l, y] of [[base, .68], [mid, .42]]) for (const [k, v] of Object.entries({x1: 12, x2: width-12, y1: y*height, y2: y*height})) l.setAttribute(k, v);
  });
  fit.observe(sheet);
  for (const k of ['sentences', 'text', 'strokes', 'kept']) live.on(`change:${k}`, () => { if (!get('strokes').length) pen.again(); show(); });
  show();
  return () => { live.off(); fit.disconnect(); };
}};
