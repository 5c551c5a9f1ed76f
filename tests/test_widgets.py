"""Widgets: in Python what each says and refuses, without a browser; and all of them once in JupyterLab, in a browser, with a kernel.
The browser's part is skipped where there is no Chromium or no playwright."""
import re, time
from itertools import pairwise
from types import SimpleNamespace
import numpy as np, pytest, torch
from hypothesis import given, settings, strategies as st
pytest.importorskip('anywidget')
import screens
from handwriting_nb import widgets
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.sampling import sample
from handwriting_nb.tracer import Tracer
from handwriting_nb.training import ALPHABET
from handwriting_nb.widgets import SENTENCES, SIDE, Pad, futures, outlook, stream
from handwriting_nb.window import encode
from handwriting_nb.writer import Writer

TEXT = 'You know nothing, Jon Snow'

@pytest.fixture(scope='module')
def writer(): return Writer.from_pretrained()

@pytest.fixture(scope='module')
def growing(writer): return list(stream(writer.network, TEXT, seed=3, ink=writer.styles[2], stepper=writer.stepper))

def listening(widget):
    "The widget, with what it sends from now on as (message, arrays)"
    sent = []
    widget.send = lambda m, buffers=None: sent.append((m, [np.frombuffer(b, np.float32) for b in buffers or []]))
    return widget, sent

# A line as it grows

@pytest.mark.parametrize('text, style, seed, limit', [(TEXT, 2, 3, 30), ('a', 0, 1, 30), ('Winter is coming', 5, 8, 30), ('Winter', 1, 2, 1), ('it.', 0, 4, 0)])
def test_stream_is_sample(writer, text, style, seed, limit):
    ink = writer.styles.get(style)
    *_, last = stream(writer.network, text, .6, seed, ink, writer.stepper, limit)
    whole, = sample(writer.network, [text], .6, [seed], [ink], writer.stepper, limit)
    assert np.array_equal(last.trace.offsets, whole.offsets) and np.array_equal(last.trace.phi, whole.phi) and last.trace.ended == whole.ended
    assert len(last.expected) == len(whole.offsets)

def test_stream_only_grows(growing):
    for a, b in pairwise(growing[:-1]):
        assert len(a.trace.offsets) < len(b.trace.offsets) and not a.trace.ended
        assert np.array_equal(a.trace.offsets, b.trace.offsets[:len(a.trace.offsets)]) and np.array_equal(a.expected, b.expected[:len(a.expected)])

def test_expected_are_mixtures_that_the_points_fit(growing):
    e, xy = growing[-1].expected, growing[-1].trace.offsets[:, :2]; pi, mu, sigma, rho = e[..., 0], e[..., 1:3], e[..., 3:5], e[..., 5]
    assert np.allclose(pi.sum(1), 1, atol=1e-4) and (sigma > 0).all() and (np.abs(rho) <= 1).all()
    mean = (pi[..., None]*mu).sum(1); var = (pi[..., None]*(sigma**2+(mu-mean[:, None])**2)).sum(1); z = (xy-mean)/np.sqrt(var)
    assert .6 < z.std() < 1.4 and np.abs(z.mean()) < .2        # drawn from them, so about 1 and 0

def test_outlook_in_pieces_is_that_of_the_whole(writer):
    net = writer.network; ids, state = encode(net.alphabet, 'abc')[None], net.start(); before = torch.randn(30, 3, generator=torch.manual_seed(0))
    whole, last = outlook(net, ids, state, before, .5); first, state = outlook(net, ids, state, before[:13], .5); rest, state = outlook(net, ids, state, before[13:], .5)
    assert np.allclose(whole, np.concatenate([first, rest]), atol=1e-4) and torch.allclose(last.first.kappa, state.first.kappa, atol=1e-4)

def test_futures_by_seed(writer, growing):
    trace = growing[-1].trace; how = dict(at=60, n=5, points=12, ink=writer.styles[2], stepper=writer.stepper)
    a, b, c = (futures(writer.network, trace, **how, seed=s) for s in (1, 1, 2))
    assert len(a) == 5 and all(f.shape == (12, 3) for f in a)
    assert all(map(np.array_equal, a, b)) and not any(map(np.array_equal, a, c)) and not np.array_equal(a[0], a[1])

def test_futures_begin_as_expected(writer, growing):
    trace, e = growing[-1].trace, growing[-1].expected; at = 60; n = 600
    first = np.stack([f[0, :2] for f in futures(writer.network, trace, at, n, 1, ink=writer.styles[2], stepper=writer.stepper)])
    pi, mu, sigma = e[at+1, :, :1], e[at+1, :, 1:3], e[at+1, :, 3:5]; mean = (pi*mu).sum(0); sd = np.sqrt((pi*(sigma**2+(mu-mean)**2)).sum(0))
    assert (np.abs(first.mean(0)-mean) < 4*sd/np.sqrt(n)+.02).all() and (np.abs(first.std(0)/sd-1) < .3).all()

def test_futures_end_with_the_line(writer, growing):
    trace = growing[-1].trace; late = futures(writer.network, trace, len(trace.offsets)-8, 20, 60, ink=writer.styles[2], stepper=writer.stepper)
    assert min(map(len, late)) < 60 and all(len(f) for f in late)

@pytest.mark.parametrize('at', [-1, 10**6])
def test_futures_of_no_point(writer, growing, at):
    with pytest.raises(BadInput, match='the line has the points 0 to'): futures(writer.network, growing[-1].trace, at)

# The writer's widget

@pytest.fixture
def quiet(writer): return listening(writer.widget(text='', style=2, seed=3).wait())

def test_text_in_ink_out(writer, quiet):
    w, sent = quiet; assert w.ink is None and w.message == 'Type something to write.'
    w.text = TEXT; w.wait(); assert w.ink == writer(TEXT, style=2, seed=3)
    (head, _), *more, (end, _) = sent; kinds = [m['kind'] for m, _ in sent]
    assert kinds == ['start', *['more']*len(more), 'done'] and len(more) > 5 and {m['job'] for m, _ in sent} == {head['job']}
    offsets, phi, mixtures = (np.concatenate(parts) for parts in zip(*(b for _, b in more))); n = len(offsets)//3
    assert n >= end['count'] and len(phi) == n*(len(TEXT)+1) and len(mixtures) == n*20*6
    assert [m['from'] for m, _ in more] == [0, *np.cumsum([len(b[0])//3 for _, b in more])[:-1]]
    assert np.allclose(offsets.reshape(-1, 3)[:end['count']], w.line.trace.offsets*[5, 5, 1], atol=1e-4)

def test_what_the_page_draws_is_the_ink(quiet):
    "The page has offsets, a slope and a base line, and no other knowledge of how `Writer` finishes a line"
    w, sent = quiet; w.text = TEXT; w.wait(); end = sent[-1][0]
    xy = np.cumsum(w.line.trace.offsets[:, :2]*5, 0); shown = np.stack([xy[:, 0], xy[:, 1]-end['tilt']*xy[:, 0]-end['base']], 1)
    assert np.allclose(shown, w.ink.shift(0, -w.ink.baseline()).points, atol=.05)

def test_only_the_last_wish_counts(quiet):
    w, sent = quiet
    for text in ('one', 'two of them', 'the third'): w.text = text
    w.wait(); assert w.ink.text == 'the third' and sent[-1][0]['kind'] == 'done'
    begun = [m['text'] for m, _ in sent if m['kind'] == 'start']; assert begun[-1] == 'the third' and sum(m['kind'] == 'done' for m, _ in sent) <= 3
    assert len({m['job'] for m, _ in sent if m['kind'] == 'done'}) == sum(m['kind'] == 'done' for m, _ in sent)

def test_every_setting_writes_anew_or_not(quiet):
    w, sent = quiet; w.text = 'abc'; w.wait(); inks = [w.ink]
    for k, v in dict(bias=2., seed=9, style=4).items(): setattr(w, k, v); w.wait(); inks.append(w.ink)
    assert all(a != b for a, b in pairwise(inks)); sent.clear()
    w.speed, w.size, w.slant, w.text = 20, 150, 10, ' abc '; w.wait(); assert not sent

def test_size_and_slant(quiet):
    w, _ = quiet; w.text = 'hill'; w.wait(); plain = w.ink; w.size = 250; assert np.allclose(w.ink.points, plain.points*2.5)
    w.size, w.slant = 100, 45; y = plain.baseline()
    assert np.allclose(w.ink.points, np.stack([plain.points[:, 0]-(plain.points[:, 1]-y), plain.points[:, 1]], 1), atol=1e-3)
    assert np.allclose(w.ink.baseline(), y)

def test_a_page_that_opens_late_gets_everything(quiet):
    w, sent = quiet; w.text = TEXT; w.wait(); before = [m for m, _ in sent]; n = len(w.line.trace.offsets); sent.clear()
    w._asked(w, {'ask': 'all'}, []); kinds = [m['kind'] for m, _ in sent]; assert kinds == ['start', 'more', 'done']
    assert sent[0][0] == before[0] and sent[2][0] == before[-1] and len(sent[1][1][0]) == 3*n and sent[1][0]['from'] == 0

def test_futures_for_the_page(quiet):
    w, sent = quiet; w.text = TEXT; w.wait(); sent.clear(); w._asked(w, {'ask': 'futures', 'at': 40}, []); w.wait()
    (m, (rows,)), = sent; assert m['kind'] == 'futures' and m['at'] == 40 and len(m['lengths']) == 50 and 3*sum(m['lengths']) == len(rows)

def test_file_for_the_page(quiet):
    w, sent = quiet; w.text = 'What? "No"'; w.wait(); w.slant = 12; sent.clear(); w._asked(w, {'ask': 'file'}, [])
    (m, _), = sent; assert m['name'] == 'what-no.svg' and Ink.from_svg(m['data']) == w.ink

@pytest.mark.parametrize('asked', [None, 7, 'all', [], {}, {'ask': 'more'}, {'ask': 'futures'}, {'ask': 'futures', 'at': -1}, {'ask': 'futures', 'at': 10**9},
                                   {'ask': 'futures', 'at': '3'}, {'ask': 'futures', 'at': 2.5}, {'ask': {'ask': 'all'}}])
def test_a_page_may_ask_for_nothing_else(quiet, asked):
    w, sent = quiet; w.text = 'abc'; w.wait(); sent.clear(); w._asked(w, asked, []); w.wait(); assert not sent

def test_folded_refused_and_nothing(quiet):
    w, sent = quiet
    w.text = 'José'; w.wait(); assert w.ink.text == 'Jose' and w.message.startswith('Written as “Jose”. ')
    w.text = ' \t '; w.wait(); assert w.ink is None and sent[-1][0] == dict(kind='said', say='Type something to write.', empty=True) and w.end is None
    w.text = 'abc'; w.style = 77; w.wait(); assert w.ink is None and w.message.startswith('no style 77')
    w.style = 2; w.wait(); assert w.ink.text == 'abc'

@pytest.mark.parametrize('state', [
    dict(text=None), dict(text=7), dict(text='x'*61), dict(bias=-.1), dict(bias=3.5), dict(bias='1'), dict(bias=None), dict(bias=float('nan')), dict(bias=[1]), dict(size=0),
    dict(size=10**9), dict(slant=90), dict(speed=0), dict(speed=float('inf')), dict(seed=-1), dict(seed=1.5), dict(seed=2**40), dict(seed='1'), dict(style='2'), dict(style=-1)])
def test_traits_take_nothing_else(quiet, state):
    w, sent = quiet; (k, v), = state.items(); before = getattr(w, k)
    with pytest.raises(BadInput): w.set_state(state)
    with pytest.raises(BadInput): setattr(w, k, v)
    assert getattr(w, k) == before and not [m for m, _ in sent if m['kind'] == 'start']

def test_thumbs(writer):
    mine = writer.like(writer.styles[3]).widget(text='').wait(); assert mine.style == 0
    for name, w in (('none', writer.widget(text='').wait()), ('your hand', mine)):
        assert [t[0] for t in w.thumbs] == [*writer.styles, 0] and w.thumbs[-1][1] == name
        for n, label, svg in w.thumbs[:-1]: assert 0 < len(Ink.from_svg(svg).strokes) < len(writer.styles[n].strokes) and 'currentColor' in svg and '<title>' not in svg

def test_a_writer_without_styles(writer):
    w = Writer(writer.network, {}).widget(text='abc', seed=1).wait(); assert w.ink == Writer(writer.network, {})('abc', style=0, seed=1) and [t[0] for t in w.thumbs] == [0]

# The pad

coordinates = st.floats(-1000, 1000, width=32)
lines = st.lists(st.lists(st.tuples(coordinates, coordinates, st.integers(0, 10**6)), min_size=1, max_size=6), min_size=1, max_size=4)
texts = st.text(st.characters(codec='utf-8', categories=['L', 'N', 'P', 'Zs']), min_size=1, max_size=20).filter(lambda s: s.strip() and s.isprintable())
STROKES = [[[10, 20, 0], [11, 25, 13.5]], [[30, 20, 200]]]

def test_sentences_cover_the_alphabet():
    assert set(ALPHABET) <= set(''.join(SENTENCES)) and len(set(SENTENCES)) == len(SENTENCES)
    assert Pad().missing == ''.join(sorted(set(''.join(SENTENCES))-{' '}))

@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(texts, lines), min_size=1, max_size=3))
def test_pad_round_trip(tmp_path_factory, kept):
    d = tmp_path_factory.mktemp('pad'); pad = Pad(kept=[[t, s] for t, s in kept]); pad.save(d/'a.json'); pad.save(d/'b')
    back = Pad.load(d/'a.json'); assert back.kept == pad.kept and back.inks == pad.inks
    for k, ink in enumerate(pad.inks, 1): assert Ink.open(d/'b'/f'{k}.inkml') == ink
    assert len([*(d/'b').iterdir()]) == len(kept) and {p.name for p in d.iterdir()} == {'a.json', 'b'}

def test_pad_keeps_time_and_order(tmp_path):
    pad = Pad(); pad.strokes = STROKES; pad.keep(); ink, = pad.inks; (a, b), = pad.times
    assert [s.tolist() for s in ink.strokes] == [[[10, 20], [11, 25]], [[30, 20]]] and ink.text == SENTENCES[0] and a.tolist() == [0, 13.5] and b.tolist() == [200]
    pad.save(tmp_path/'x'); assert '<trace>10 20 0, 11 25 13.5</trace>' in (tmp_path/'x'/'1.inkml').read_text()

def test_pad_keep_and_undo():
    pad = Pad(['one', 'two']); pad.strokes = STROKES; pad.undo(); assert pad.strokes == STROKES[:1]
    pad.keep(); assert pad.text == 'two' and pad.strokes == [] and pad.missing == 'tw'
    pad.text = 'my own'; pad.strokes = STROKES; pad.keep(); assert [i.text for i in pad.inks] == ['one', 'my own'] and pad.text == 'one'
    pad.undo(); assert pad.text == 'my own' and pad.strokes == STROKES and len(pad.inks) == 1
    for _ in range(4): pad.undo()
    with pytest.raises(BadInput, match='nothing to take back'): pad.undo()

def test_pad_keeps_nothing_empty(tmp_path):
    pad = Pad()
    with pytest.raises(BadInput): pad.keep()
    pad.strokes, pad.text = STROKES, ' '
    with pytest.raises(BadInput): pad.keep()
    with pytest.raises(BadInput, match='no line'): pad.save(tmp_path/'x.json')
    assert pad.inks == [] and not list(tmp_path.iterdir())

@pytest.mark.parametrize('strokes', [None, 7, 'abc', {'a': 1}, [7], [[1, 2]], [[[1, 2]]], [[[1, 2, 'c']]], [[[1, 2, None]]], [[[1, 2, float('nan')]]], [[[1, float('inf'), 1]]],
                                     [[[10**400, 1, 1]]], [[[1e9, 1, 1]]], [[[1, 1, 1]]]*501, [[[1, 1, 1]]*20_001], [[{}]], [[[[1, 2, 3]]], 3]])
def test_pad_takes_no_other_strokes(strokes):
    pad = Pad()
    for state in (dict(strokes=strokes), dict(kept=[['a', strokes]])):
        with pytest.raises(BadInput): pad.set_state(state)
    assert pad.strokes == [] and pad.kept == []

@pytest.mark.parametrize('state', [
    dict(kept=None), dict(kept='a'), dict(kept=[7]), dict(kept=[['a']]), dict(kept=[['', STROKES]]), dict(kept=[[7, STROKES]]), dict(kept=[['a', []]]),
    dict(kept=[['a\x00', STROKES]]), dict(kept=[['a'*201, STROKES]]), dict(kept=[['a', STROKES]]*201), dict(text=None), dict(text='a\nb'), dict(sentences=[]),
    dict(sentences='abc\n'), dict(sentences=[7]), dict(sentences=[''])])
def test_pad_takes_nothing_else(state):
    pad = Pad(); before = pad.text, pad.sentences
    with pytest.raises(BadInput): pad.set_state(state)
    assert (pad.text, pad.sentences, pad.kept) == (*before, [])

@pytest.mark.parametrize('data', [b'', b'[]', b'{}', b'{"lines": 7}', b'{"lines": [{}]}', b'{"lines": [{"text": "a"}]}', b'{"lines": [{"text": "a", "strokes": []}]}', b'\xff\xfe',
                                  b'{"lines": [{"text": "a", "strokes": [[[1, 2]]]}]}', b'{"lines": [{"text": "a", "strokes": [[[1, 2, NaN]]]}]}', b'['*100_000])
def test_pad_reads_or_says_why(tmp_path, data):
    (tmp_path/'x.json').write_bytes(data)
    with pytest.raises(BadInput, match='x.json') as e: Pad.load(tmp_path/'x.json')
    assert '\n' not in str(e.value)

def test_pad_files_are_not_lost(tmp_path):
    pad = Pad(kept=[['a', STROKES]])
    for name in ('x.json', 'x'):
        pad.save(tmp_path/name)
        with pytest.raises(BadInput, match='is there already'): pad.save(tmp_path/name)
        pad.save(tmp_path/name, overwrite=True)
    with pytest.raises(BadInput, match='as .json, or as a folder'): pad.save(tmp_path/'x.png')
    with pytest.raises(BadInput, match='cannot make the folder'): pad.save(tmp_path/'x.json'/'y')
    with pytest.raises(BadInput, match='cannot read'): Pad.load(tmp_path/'nothing.json')

# The tracer's widget

@pytest.fixture(scope='module')
def easel(): return Tracer.from_pretrained().widget()

def bar(): image = np.zeros((SIDE, SIDE), np.uint8); image[10:46, 26:31] = 255; return image

def test_easel_as_the_page_sends(easel):
    easel.set_state(dict(picture=memoryview(bar().tobytes()))); easel.wait(); p = easel.ink.points
    assert easel.picture == bar().tobytes() and len(easel.strokes) == 1 and 26 <= p[:, 0].min() <= p[:, 0].max() <= 31 and np.ptp(p[:, 1]) > 25
    assert abs(p[:, 0].mean()-28.5) < 2      # the middle of the bar; the tracer looks at a picture half as fine
    easel.set_state(dict(picture=b'')); easel.wait(); assert easel.strokes == [] and easel.ink == Ink([])

@pytest.mark.parametrize('data', [None, 7, 'abc', [1, 2], b'abc', bytes(SIDE**2+1), {}])
def test_easel_takes_no_other_picture(easel, data):
    before = easel.picture
    with pytest.raises(BadInput): easel.set_state(dict(picture=data))
    assert easel.picture == before

@pytest.mark.parametrize('image', [np.zeros((3, 3)), np.zeros(9, np.uint8), np.zeros((0, 4), np.uint8), np.zeros((2, 2, 3), np.uint8)])
def test_easel_paints_no_other_picture(easel, image):
    with pytest.raises(BadInput, match='uint8'): easel.paint(image)

# The pages

def test_pages_ask_for_nothing_outside():
    files = {p.name: p.read_text() for p in widgets._HOME.iterdir()}; assert set(files) == {'common.js', 'writer.js', 'pad.js', 'tracer.js', 'widgets.css'}
    for name, text in files.items():
        assert re.findall(r'https?://[^\s\'"]+', text) in ([], ['http://www.w3.org/2000/svg']), name
        assert not re.search(r'\bimport\b|\bfetch\(|url\(|@import|XMLHttpRequest|eval\(', text), name

# In JupyterLab

@pytest.fixture(scope='module')
def place():
    if lacks := screens.missing(): pytest.skip(f'the widgets are not tried in a browser: {lacks}')
    with screens.lab() as (url, runtime), screens.browser() as browser:
        page = browser.new_page(viewport=dict(width=1180, height=1000)); wrong = []; asked = []
        page.on('pageerror', lambda e: wrong.append(e.stack or str(e))); page.on('request', lambda r: asked.append(r.url)); screens.run_all(page, url)
        with screens.kernel(runtime) as ask: yield SimpleNamespace(page=page, ask=ask, wrong=wrong, asked=asked, home=url.split('/lab')[0])

def becomes(place, expression, value, patience=60):
    "Wait until Python has heard of what the page did"
    end = time.monotonic()+patience
    while (found := place.ask(expression)) != value and time.monotonic() < end: place.page.wait_for_timeout(50)
    assert found == value

def lab_writes_what_is_typed(place):
    page, ask = place.page, place.ask; screens.type_text(page, TEXT); screens.written(page, TEXT)
    assert ask('w.text, w.ink.text, len(w.ink.strokes)') == (TEXT, TEXT, page.locator('.hw-ink path').count())
    page.locator('.hw-writer').get_by_label('Bias').focus(); before = ask('w.ink.points.sum().item()')
    for _ in range(10): page.keyboard.press('ArrowRight')
    becomes(place, 'w.bias', 1.25); becomes(place, f'w.wait().ink.points.sum().item() != {before!r}', True); screens.written(page, TEXT)

def lab_shows_futures_and_saves(place, tmp_path):
    page, ask = place.page, place.ask; screens.click_ink(page, .4); assert page.locator('.hw-futures path').count() == 50
    page.get_by_role('slider', name='Point of the line').focus(); page.keyboard.press('Escape')
    page.wait_for_function("document.querySelector('.hw-futures path') === null")
    page.keyboard.press('ArrowLeft'); page.keyboard.press('Enter'); page.wait_for_selector('.hw-futures path', state='attached')
    with page.expect_download() as download: page.get_by_role('button', name='Save SVG').click()
    download.value.save_as(tmp_path/'x.svg'); ink = Ink.open(tmp_path/'x.svg'); assert download.value.suggested_filename == 'you-know-nothing-jon-snow.svg'
    assert (ink.text, len(ink), float(ink.points.sum())) == ask('w.ink.text, len(w.ink), w.ink.points.sum().item()')

def lab_collects_a_hand(place):
    pad = place.page.locator('.hw-pad'); screens.draw(place.page, '.hw-pad .hw-paper', [[(.1, .3), (.15, .7), (.2, .3)], [(.3, .6), (.32, .4)]])
    becomes(place, '[len(s) for s in pad.strokes]', [3, 2]); pad.get_by_role('button', name='Undo').click(); pad.get_by_role('button', name='Keep').click()
    becomes(place, '[(i.text, len(i.strokes)) for i in pad.inks], pad.text', ([(SENTENCES[0], 1)], SENTENCES[1]))
    (x0, y0, t0), (x1, y1, t1), (x2, y2, t2) = place.ask('pad.kept[0][1][0]')
    assert x0 < x1 < x2 and y1 > y0 == y2 and t0 == 0 < t1 < t2

def lab_traces_what_is_painted(place):
    screens.draw(place.page, '.hw-tracer canvas', screens.SEVEN); place.page.wait_for_selector('.hw-tracer .hw-easel path', state='attached')
    n = place.ask('len(easel.wait().strokes)'); place.page.wait_for_function("n => document.querySelectorAll('.hw-tracer .hw-easel path').length === n", arg=n)
    assert 1 <= n <= 3 and np.allclose(np.array(place.ask('easel.ink.bounds()'))/SIDE, [.24, .25, .74, .84], atol=.07)

def lab_has_labels_and_asks_nobody_else(place):
    bare = "[...document.querySelectorAll('.hw input, .hw button')].filter(e => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim())).length"
    assert place.page.evaluate(bare) == 0 and [e for e in place.wrong if 'blob:' in e] == []      # where the widgets' own code runs
    assert [u for u in place.asked if not u.startswith((place.home, 'data:', 'blob:'))] == []

def lab_on_a_telephone(place):
    page = place.page; page.set_viewport_size(dict(width=390, height=844)); page.wait_for_timeout(500)
    for name in ('writer', 'pad', 'tracer'):
        wide, inside = page.evaluate("n => { const e = document.querySelector('.hw-'+n); return [e.scrollWidth, e.clientWidth]; }", name); assert wide <= inside, name

@pytest.mark.browser
def test_in_jupyterlab(place, tmp_path):
    "One after another, on one page: a laboratory takes seconds to open"
    lab_writes_what_is_typed(place); lab_shows_futures_and_saves(place, tmp_path); lab_collects_a_hand(place)
    lab_traces_what_is_painted(place); lab_has_labels_and_asks_nobody_else(place); lab_on_a_telephone(place)
