"Files that hold the ink and files that only show it: what can be read again is the same, what others read has the right size, and bad input is told"
import io, json, re, shutil, subprocess, xml.etree.ElementTree as ET
import numpy as np, pytest
from hypothesis import example, given, settings, strategies as st
from handwriting_nb.formats import outline, rate_of, times, _parabolas
from handwriting_nb.ink import BadInput, Ink, handles, stack
from test_ink import inks, same, sensor, strokes, waves

settings.register_profile('formats', deadline=None, max_examples=30); settings.load_profile('formats')

SVG = '{http://www.w3.org/2000/svg}'

def wobbly(n=60, seed=0):
    "An s-shaped stroke ten high with jitter, and a dot"
    t = np.linspace(0, 2*np.pi, n); s = np.stack([5*np.sin(t)+2*t, 5*np.cos(t)], 1)
    return Ink([s+np.random.default_rng(seed).normal(0, .08, s.shape), [(4, 4)]], 'so'), s

def readers():
    "A PDF reader, if one is here"
    return pytest.importorskip('pypdf')

# Round trips

@given(inks, st.sampled_from([dict(unit='mm', height=3), dict(pressure=.7), dict(animate=True), dict(animate='loop', pressure=1), dict(unit='in', pressure=1, color='"<&')]))
def test_every_svg_gives_back_the_same_ink(ink, how):
    assert same(Ink.from_svg(ink.svg(**how)), ink)

@given(inks)
@example(Ink([[(0, 9.9999997e37), (3.4028235e38, 1)]]))
def test_json_gives_back_the_same_ink(ink): assert same(Ink.from_json(ink.json()), ink) and same(Ink.from_json(ink.json().encode()), ink)

def test_files_by_their_suffix(tmp_path):
    ink = waves(3, text='a "b" é')
    for name in ('a.json', 'a.pdf', 'a.MP4'): ink.save(tmp_path/name)
    assert Ink.open(tmp_path/'a.json') == ink and (tmp_path/'a.pdf').read_bytes()[:5] == b'%PDF-' and (tmp_path/'a.MP4').read_bytes()[4:8] == b'ftyp'
    with pytest.raises(BadInput, match='read from .svg, .inkml, .json'): Ink.open(tmp_path/'a.pdf')

@pytest.mark.parametrize('data', ['', '{', '3', '"ink"', '{}', '[]', '[[]]', '{"strokes": 3}', '{"strokes": [3]}', '[[3]]', '[[[1]]]', '[[["1", "2"]]]', '[[[1, null]]]', '[[[true, false]]]', '[[[1, NaN]]]',
                                  '[[[1, Infinity]]]', '[[[1, 1e999]]]', '[[[1, 1e60]]]', '[[[1, 1'+'0'*5000+']]]', '{"text": 3, "strokes": [[[1, 2]]]}', '['*50_000, b'\xff\xfe\x00'])
def test_json_that_is_no_ink_gets_one_line(data):
    with pytest.raises(BadInput) as e: Ink.from_json(data)
    assert 5 < len(str(e.value)) < 200 and '\n' not in str(e.value)

def test_json_over_20_mb_is_not_read():
    with pytest.raises(BadInput, match='20 MB'): Ink.from_json(' '*(20*2**20+1))

def test_json_of_others():
    assert Ink.from_json('{"strokes": [[[1, 2, 0.3], [3, 4, 0.6]]], "canvas": 1}') == Ink([[(1, 2), (3, 4)]])

# SVG

def test_millimetres():
    ink = waves(4); tree = ET.fromstring(ink.svg(unit='mm', height=5, margin=0)); x0, y0, x1, y1 = ink.bounds()
    assert tree.get('width').endswith('mm') and float(tree.get('width')[:-2]) == pytest.approx((x1-x0)*5/ink.height(), rel=1e-3)
    inches = ET.fromstring(ink.svg(unit='in')); pixels = ET.fromstring(ink.svg())
    assert float(inches.get('width')[:-2])*96 == pytest.approx(float(pixels.get('width')), rel=1e-2)

@pytest.mark.parametrize('how', [dict(unit='parsec'), dict(unit=None), dict(height=0), dict(height=-1), dict(height=float('nan')), dict(height=float('inf'))])
def test_sizes_that_are_none(how):
    for make in (Ink.svg, Ink.pdf):
        with pytest.raises(BadInput): make(waves(1), **how)

def test_an_animation_draws_each_stroke_in_its_order_and_respects_the_reader():
    ink = Ink([[(0, 0), (9, 0), (9, 9)], [(12, 5)], [(15, 0), (15, 9)]], 'abc'); svg = ink.svg(animate=True); tree = ET.fromstring(svg)
    names = [re.search('animation-name:([^"]+)', p.get('style'))[1] for p in tree.iter(SVG+'path')]; css = tree.find(SVG+'style').text
    starts = [float(re.search(rf'@keyframes {n}{{0%,([0-9.]+)%', css)[1]) for n in names]
    assert len(set(names)) == 3 and starts == sorted(starts) and 'prefers-reduced-motion:no-preference' in css and css.count('@media') == 1
    assert 'opacity' in re.search(rf'@keyframes {names[1]}.*', css)[0] and 'dashoffset' in re.search(rf'@keyframes {names[2]}.*', css)[0]
    assert 'infinite' in ink.svg(animate='loop') and 'infinite' not in svg and ink.shift(1, 0).svg(animate=True).split('ink-')[1][:8] != svg.split('ink-')[1][:8]

def test_the_shape_of_a_stroke_is_as_wide_as_asked_and_closed_without_corners():
    s = np.stack([np.linspace(0, 100, 30), np.zeros(30)], 1); c = outline(s, np.linspace(2, 6, 30)); start, pieces = _parabolas(c)
    ends = np.concatenate([[start], pieces[:-1, 1]]); leaves, arrives = pieces[:, 0]-ends, pieces[:, 1]-pieces[:, 0]
    turn = np.cross(np.c_[arrives, 0*arrives[:, :1]], np.c_[np.roll(leaves, -1, 0), 0*leaves[:, :1]])[:, 2]
    assert np.allclose(turn, 0, atol=1e-6) and ((arrives*np.roll(leaves, -1, 0)).sum(1) > 0).all()
    for x, half in ((25, 3), (75, 5)): near = np.abs(pieces[:, 1, 0]-x) < 15; assert near.sum() > 1 and np.abs(np.abs(pieces[near, 1, 1])-half).max() < .9

@given(st.builds(Ink, strokes(sensor)))
def test_any_stroke_has_an_outline(ink):
    for s in ink.strokes: assert np.isfinite(c := outline(s, np.full(len(s), 3.))).all() and len(c) > 7

def test_a_fast_pen_draws_thinner():
    slow, fast = np.stack([np.linspace(0, 20, 41), np.zeros(41)], 1), np.stack([np.linspace(0, 100, 21), np.full(21, 30.)], 1)
    tree = ET.fromstring(Ink([slow, fast]).svg(pressure=1)); shapes = [p for g in tree.iter(SVG+'g') if g.get('data-ink') == '0' for p in g]
    high = [np.ptp([float(v) for v in re.findall(r'-?[0-9.]+', p.get('d'))][1::2]) for p in shapes]
    assert high[0] > 1.3*high[1]

def test_the_picture_is_drawn_alike_by_another_program():
    resvg = pytest.importorskip('resvg_py'); from PIL import Image
    ink = waves(6); theirs = Image.open(io.BytesIO(bytes(resvg.svg_to_bytes(svg_string=ink.svg(), background='white')))).convert('L')
    mine = ink.image(zoom=1).resize(theirs.size)
    assert np.abs(np.asarray(theirs, float)-np.asarray(mine, float)).mean() < 6

# Corners and jitter

def test_no_corner_where_the_pen_rests():
    s = np.float64([(0, 0), (5, 0), (5, 0), (8, 4)]); h = handles(s)
    before, after = s[1]-h[0, 1], h[2, 0]-s[2]
    assert abs(before[0]*after[1]-before[1]*after[0]) < 1e-9 and before@after > 0

def test_fair_takes_jitter_out_and_leaves_the_line():
    ink, clean = wobbly(); fair = ink.fair(.01, halve=0); off = lambda s: np.hypot(*(s-clean).T)[5:-5]
    jerk = lambda s: np.square(np.diff(s, 3, axis=0)).sum()
    assert off(fair.strokes[0]).mean() < .7*off(ink.strokes[0]).mean() and jerk(fair.strokes[0]) < .1*jerk(ink.strokes[0])
    assert (fair.strokes[0][[0, -1]] == ink.strokes[0][[0, -1]]).all() and np.array_equal(fair.strokes[1], ink.strokes[1])

@given(st.builds(Ink, strokes(sensor)), st.floats(.002, .05))
def test_fair_keeps_strokes_ends_and_distance(ink, by):
    fair = ink.fair(by, halve=0); assert len(fair.strokes) == len(ink.strokes) and fair.text == ink.text
    for a, b in zip(ink.strokes, fair.strokes): assert len(a) == len(b) and (a[[0, -1]] == b[[0, -1]]).all()

def test_fair_makes_points_between():
    ink = waves(2); assert [len(s) for s in ink.fair(halve=2).strokes] == [4*len(s)-3 for s in ink.strokes]
    for by in (0, -1, 1, float('nan')):
        with pytest.raises(BadInput): ink.fair(by)
    assert len(Ink([]).fair()) == 0

# Time

def test_hands_write_at_their_own_pace():
    ink = waves(20, text='a line of text with forty characters, ok'); t = times(ink)
    assert all(len(u) == len(s) for u, s in zip(t, ink.strokes)) and (np.diff(np.concatenate(t)) > 0).all()
    assert len(ink)/rate_of(ink) == pytest.approx(40/3.4) and rate_of(Ink(ink.strokes)) == 75 and times(Ink([])) == []

def test_a_film_has_all_the_ink_at_its_end(tmp_path):
    import cv2
    ink = waves(3, text='abc'); (path := tmp_path/'a.mp4').write_bytes(ink.mp4(zoom=1, rate=150)); film = cv2.VideoCapture(str(path)); shots = []
    while (read := film.read())[0]: shots.append(read[1].min(2).astype(float))
    still = np.asarray(ink.image(zoom=1), float); dark = [(255-s).sum() for s in shots]
    assert len(shots) == pytest.approx(30*times(ink, 150)[-1][-1]+31, abs=2) and dark[0] < .3*dark[-1]
    assert np.abs(shots[-1][:still.shape[0], :still.shape[1]]-still).mean() < 12

def test_films_that_cannot_be():
    with pytest.raises(BadInput, match='codec'): waves(1).mp4(codec='nope')
    assert Ink([]).mp4(zoom=1)[4:8] == b'ftyp'

# PDF

def test_a_pdf_says_where_its_objects_are():
    data = waves(4, text='é').pdf(unit='mm', height=5, margin=0); at = int(re.search(rb'startxref\n(\d+)', data)[1]); assert data[at:at+4] == b'xref'
    for k, place in enumerate(re.findall(rb'(\d{10}) 00000 n', data), 1): assert data[int(place):].startswith(b'%d 0 obj' % k)

def test_a_pdf_reader_finds_the_size_the_title_and_the_curves():
    pypdf = readers(); ink = waves(4, text='Zoë & <1>'); page = (pdf := pypdf.PdfReader(io.BytesIO(ink.pdf(unit='mm', height=5, margin=0)), strict=True)).pages[0]
    x0, y0, x1, y1 = ink.bounds(); by = 5/ink.height()/25.4*72; drawing = page.get_contents().get_data()
    assert pdf.metadata.title == 'Zoë & <1>' and np.allclose([float(page.mediabox.width), float(page.mediabox.height)], [(x1-x0)*by, (y1-y0)*by], atol=.01)
    assert drawing.count(b' S') == len(ink.strokes) and drawing.count(b' c') == len(ink)-len(ink.strokes)

@pytest.mark.parametrize('pressure', [0, 1])
def test_a_pdf_looks_like_the_picture(pressure):
    pdfium = pytest.importorskip('pypdfium2'); ink = stack([waves(6), Ink([[(0, 0)]])]); mine = np.asarray(ink.image(zoom=2), float)
    page = pdfium.PdfDocument(ink.pdf(pressure=pressure))[0]; theirs = page.render(scale=mine.shape[1]/page.get_width()).to_pil().convert('L').resize(mine.shape[::-1])
    assert np.abs(np.asarray(theirs, float)-mine).mean() < (4, 14)[pressure]

def test_pages_that_cannot_be():
    with pytest.raises(BadInput, match='5 metres'): waves(9).pdf(unit='cm', height=90)
    with pytest.raises(BadInput, match='colour'): waves(1).pdf(color='url(#a)')
    assert Ink([]).pdf() and Ink([[(3, 4)]]).pdf(pressure=1)

# Plotters

@given(st.builds(Ink, strokes(sensor), st.just('a')))
def test_a_plotter_draws_the_same_strokes_on_a_shorter_way(ink):
    tour = ink.plot_order(); ends = lambda i: sorted(sorted(map(tuple, s[[0, -1]].tolist())) for s in i.strokes if len({*map(tuple, s.tolist())}) > 1)
    moving = Ink([s for s in ink.strokes if len({*map(tuple, s.tolist())}) > 1])
    assert len(tour.strokes) == len(ink.strokes) and tour.text == 'a' and set(map(str, ends(moving))) <= set(map(str, ends(tour)))

def test_pages_are_shorter_by_far():
    page = stack([waves(8)]*6); rng = np.random.default_rng(0); mixed = Ink([page.strokes[k] for k in rng.permutation(len(page.strokes))])
    assert mixed.plot_order().travel() < .2*mixed.travel() and page.plot_order().travel() <= page.travel()*1.001

def test_a_dot_lasts():
    assert Ink([[(0, 0)], [(5, 5), (9, 9)]]).plot_order().length() > 0 and len(Ink([]).plot_order()) == 0

def test_vpype_reads_our_file(tmp_path):
    vpype = shutil.which('vpype') or pytest.skip('vpype is not installed')
    ink = stack([waves(8), waves(6), Ink([[(0, 0)]])]).plot_order(); ink.save(tmp_path/'a.svg', unit='mm', height=4)
    run = lambda *c: subprocess.run([vpype, *c], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    said = run('read', 'a.svg', 'stat', 'write', '--absolute', '--device', 'hp7475a', '--page-size', 'a4', '--landscape', '--center', 'a.hpgl')
    assert int(re.findall(r'Path count: (\d+)', said)[-1]) == len(ink.strokes) and (tmp_path/'a.hpgl').read_text().count(';PD') == len(ink.strokes)
    if 'gwrite' in run('--help'):
        run('read', 'a.svg', 'gwrite', '--profile', 'gcode', 'a.gcode')
        assert sum(line.startswith('G00') for line in (tmp_path/'a.gcode').read_text().splitlines()) >= len(ink.strokes)
