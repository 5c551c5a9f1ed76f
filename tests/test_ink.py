"Ink: round trips to the last bit, files that mean harm, files that are whole or not there, and what tidying leaves alone"
import os, xml.etree.ElementTree as ET
import numpy as np, pytest
from hypothesis import given, settings, strategies as st
from handwriting_nb.ink import BadInput, Ink, stack

settings.register_profile('ink', deadline=None, max_examples=60); settings.load_profile('ink')   # a first call imports, and that takes its time

floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
sensor = st.integers(-20_000, 20_000)
texts = st.none() | st.text(st.characters(exclude_categories=['Cs', 'Cc'], exclude_characters='\ufffe\uffff', include_characters='\t\n\r<&>"\''), max_size=30)

def strokes(number):
    "Strokes of one point and more, some points twice"
    stroke = st.lists(st.tuples(number, number), min_size=1, max_size=8)
    return st.lists(stroke | stroke.map(lambda s: [p for p in s for _ in range(2)]), min_size=1, max_size=5)

inks = st.builds(Ink, strokes(floats) | strokes(sensor), texts)

def same(a, b):
    "The same bits, and the same text"
    return a == b and [s.tobytes() for s in a.strokes] == [s.tobytes() for s in b.strokes]

def waves(stems=12, lean=0., climb=0., text=None):
    "A line of arches over upright stems, 10 high, which leans and climbs as told"
    t = np.linspace(0, 1, 9)
    stem = lambda x: np.stack([np.full(9, x), 10*t], 1)
    arch = lambda x: np.stack([x+7*t, 4-4*np.sin(np.pi*t)], 1)
    both = [s for i in range(stems) for s in (stem(12.*i), arch(12.*i))]
    return Ink([np.stack([s[:, 0]-lean*s[:, 1], s[:, 1]+climb*s[:, 0]], 1) for s in both], text)

# Round trips

@given(inks)
def test_svg_gives_back_the_same_ink(ink): assert same(Ink.from_svg(ink.svg()), ink)

@given(inks)
def test_inkml_gives_back_the_same_ink(ink): assert same(Ink.from_inkml(ink.inkml().encode()), ink)

@given(st.builds(Ink, strokes(sensor) | strokes(st.floats(2**-10, 2**16, width=32)), texts))
def test_offsets_give_back_the_same_ink(ink):
    assert same(Ink.from_offsets(ink.offsets(), ink.text), ink)

@given(strokes(sensor))
def test_offsets_need_no_last_end_of_stroke(strokes):
    rows = Ink(strokes).offsets(); rows[-1, 2] = 0
    assert Ink.from_offsets(rows) == Ink(strokes)

@settings(max_examples=20)
@given(st.integers(0, 2**32-1))
def test_every_float_survives(seed):
    bits = np.random.default_rng(seed).integers(0, 2**32, 2000, dtype=np.uint32).view(np.float32)
    ink = Ink([bits[np.isfinite(bits)][:1000].reshape(-1, 2)])
    assert same(Ink.from_inkml(ink.inkml()), ink) and same(Ink.from_svg(ink.svg()), ink)

@pytest.mark.parametrize('suffix', ['svg', 'inkml'])
def test_files_give_back_the_same_ink(tmp_path, suffix):
    ink = waves(text='a < b & "c"\nd é 字'); ink.save(tmp_path/f'a.{suffix}')
    assert same(Ink.open(tmp_path/f'a.{suffix}'), ink)
    assert Ink.open(str(tmp_path/f'a.{suffix}'), text='other').text == 'other'

def test_the_picture_is_sound_xml_of_one_path_a_stroke():
    ink = Ink([[(0, 0), (1, 2), (4, 3)], [(5, 5)]], '<&>'); tree = ET.fromstring(ink.svg(color='"red"'))
    paths = list(tree.iter('{http://www.w3.org/2000/svg}path'))
    assert len(paths) == 2 and float(tree.get('width')) <= 700
    assert tree[0].text == '<&>' and tree[1].get('stroke') == '"red"'

def test_control_characters_have_no_place_in_xml():
    for make in (Ink.svg, Ink.inkml):
        with pytest.raises(BadInput, match='x0b'): make(Ink([[(0, 0)]], 'a\x0bb'))

def test_equal_ink_has_the_same_strokes_and_text():
    a = Ink([[(0, 0), (1, 1)], [(2, 2)]], 'a')
    assert a == Ink([[(0, 0), (1, 1)], [(2, 2)]], 'a') and a != Ink([[(0, 0), (1, 1), (2, 2)]], 'a') and a != Ink(a.strokes, 'b') and a != 'a'
    assert len(a) == 3 and repr(a) == "Ink('a': 2 strokes, 3 points)"

@given(inks)
def test_any_ink_can_be_measured(ink):
    x0, y0, x1, y1 = ink.bounds()
    assert x0 <= x1 and y0 <= y1 and ink.length() >= 0 and np.isfinite([ink.height(), ink.slant(), ink.tilt(), ink.baseline()]).all()

def test_ink_without_strokes_is_harmless():
    ink = Ink([[], np.zeros((0, 2))])
    assert len(ink) == 0 and ink.bounds() == (0, 0, 0, 0) and ink.height() == ink.length() == ink.tilt() == ink.slant() == ink.baseline() == 0
    assert ink.straighten() == ink.deslant() == ink.thin() == ink.resample(1) == Ink.from_offsets(ink.offsets()) == ink
    assert ink.png() and ink.gif() and '<svg' in ink.svg()

# Files of others

def read(body): return [s.tolist() for s in Ink.from_svg(f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>').strokes]

@pytest.mark.parametrize('d, points', [
    ('M1 2L3 4 5 6', [[1, 2], [3, 4], [5, 6]]),
    ('m1,2 2,2l2-2', [[1, 2], [3, 4], [5, 2]]),
    ('M1 2H5V7h-1v-.5', [[1, 2], [5, 2], [5, 7], [4, 7], [4, 6.5]]),
    ('M0 0L4 0 4 4Z', [[0, 0], [4, 0], [4, 4], [0, 0]]),
    ('M1e1 .5L-.5-.5', [[10, .5], [-.5, -.5]])])
def test_straight_paths(d, points): assert read(f'<path d="{d}"/>') == [points]

def test_after_closing_a_path_goes_on_from_its_start():
    assert read('<path d="M1 1h2v2zl5 0m1 1l1 0"/>') == [[[1, 1], [3, 1], [3, 3], [1, 1]], [[1, 1], [6, 1]], [[7, 2], [8, 2]]]

@pytest.mark.parametrize('one, other', [
    ('M0 0C0 4 4 4 4 0S8-4 8 0', 'M0 0c0 4 4 4 4 0s4-4 4 0'),
    ('M0 0C0 4 4 4 4 0S8-4 8 0', 'M0 0C0 4 4 4 4 0C4-4 8-4 8 0'),
    ('M0 0Q2 4 4 0T8 0', 'M0 0q2 4 4 0q2-4 4 0'),
    ('M0 0S4 4 4 0', 'M0 0C0 0 4 4 4 0'),
    ('M0 0Q3 3 6 0', 'M0 0C2 2 4 2 6 0')])
def test_ways_to_write_a_curve(one, other):
    a, b = read(f'<path d="{one}"/>')[0], read(f'<path d="{other}"/>')[0]
    assert np.allclose(a, b, atol=1e-5) and len(a) in (9, 17)

def test_other_shapes():
    assert read('<g><polyline points="0,0 1,1"/></g><line x1="2" x2="3" y2="1"/><polygon points="0 0 1 0 1 1"/>') == [
        [[0, 0], [1, 1]], [[2, 0], [3, 1]], [[0, 0], [1, 0], [1, 1], [0, 0]]]

def test_definitions_are_not_drawn(): assert read('<defs><path d="M9 9L8 8"/></defs><path d="M0 0L1 1"/>') == [[[0, 0], [1, 1]]]

def test_the_title_of_another_file_is_not_its_text():
    assert Ink.from_svg('<svg><title>Untitled</title><path d="M0 0L1 1"/></svg>').text is None

def test_inkml_with_more_channels():
    ink = Ink.from_inkml('<ink xmlns="http://www.w3.org/2003/InkML"><annotation type="writer">w</annotation><annotation type="truth">hi</annotation>'
                         '<traceFormat><channel name="X"/><channel name="Y"/><channel name="F"/></traceFormat>'
                         '<traceGroup><trace id="a">1 2 9,\n3 4 9</trace></traceGroup><trace type="penUp">0 0</trace></ink>')
    assert ink == Ink([[(1, 2), (3, 4)]], 'hi')

BOMB = '<!DOCTYPE {0} [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><{0}>&b;</{0}>'
OUTSIDE = '<!DOCTYPE {0} [<!ENTITY a SYSTEM "file:///etc/passwd">]><{0}>&a;</{0}>'
BAD_SVG = [BOMB.format('svg'), OUTSIDE.format('svg'), '<!DOCTYPE svg><svg/>', '', 'ink', '<svg', '<html/>', '<svg/>', '\ud800', b'\xff\xfe\x00', '<?xml version="1.0" encoding="no-such"?><svg/>',
           *[f'<svg><path d="{d}"/></svg>' for d in ('', 'L1 1', 'M0', 'M0 0 1', 'M0 0L', 'M0 0Z1', 'M0 0Lnan 1', 'M0 0Linf 1', 'M0 0L1e999 1', 'M0 0L1e 1', 'M0 0L1_0 1', 'M0 0A1 1 0 0 1 2 2',
                                                    'M0 0X1 1', 'M0 0L1;1', '1 1', 'M٣ ٣')],
           '<svg><g transform="scale(2)"><path d="M0 0L1 1"/></g></svg>', '<svg><polyline points="1 2 3"/></svg>', '<svg><line x1="a"/></svg>']
BAD_INKML = [BOMB.format('ink'), OUTSIDE.format('ink'), '<ink/>', '<ink><trace/></ink>', '<svg/>',
             *[f'<ink><trace>{t}</trace></ink>' for t in ('1', '1 2, 3', 'nan 1', '1 inf', "1 2, '3 4", '1 2, "3 4', '!1 2', '#FF 1', '1 T', '1e999 0')],
             '<ink><traceFormat><channel name="T"/><channel name="X"/></traceFormat><trace>1 2</trace></ink>']

@pytest.mark.parametrize('read, data', [*[(Ink.from_svg, d) for d in BAD_SVG], *[(Ink.from_inkml, d) for d in BAD_INKML]])
def test_bad_files_get_one_line(read, data):
    with pytest.raises(BadInput) as e: read(data)
    assert 5 < len(str(e.value)) < 200 and '\n' not in str(e.value)

def test_a_deep_tree_is_read(): assert len(Ink.from_svg('<svg>'+'<g>'*5000+'<path d="M0 0L1 1"/>'+'</g>'*5000+'</svg>')) == 2

def test_a_file_over_20_mb_is_not_read(tmp_path):
    path = tmp_path/'big.svg'
    with open(path, 'wb') as f: f.truncate(21*2**20)
    with pytest.raises(BadInput, match='20 MB'): Ink.open(path)

@pytest.mark.parametrize('strokes', [5, [5], ['ab'], [[(1, 2, 3)]], [[1, 2, 3, 4]], [[(1, float('nan'))]], [[(float('inf'), 1)]], [[(1e300, 0)]], [[(1, 2), (3,)]], [[(1, None)]]])
def test_what_is_no_ink_is_refused(strokes):
    with pytest.raises(BadInput): Ink(strokes)

@pytest.mark.parametrize('rows', [5, [[1, 2]], 'ab', [[1, 2, 'x']], [[float('nan'), 0, 0]]])
def test_what_are_no_offsets_is_refused(rows):
    with pytest.raises(BadInput): Ink.from_offsets(rows)

# Writing

def test_names_and_places_that_do_not_work(tmp_path):
    (tmp_path/'file').write_text('x'); (tmp_path/'folder.svg').mkdir()
    for name, says in [('a.bmp', '.svg, .png, .gif, .inkml, .pdf, .mp4, .json'), ('a', '.svg'), ('no/a.svg', 'cannot write'), ('file/a.svg', 'cannot write'), ('folder.svg', 'cannot write')]:
        with pytest.raises(BadInput, match=says): waves(2).save(tmp_path/name)
    for name, says in [('a.png', '.svg, .inkml'), ('a.svg', 'cannot read'), ('folder.svg', 'cannot read')]:
        with pytest.raises(BadInput, match=says): Ink.open(tmp_path/name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ['file', 'folder.svg']

def test_what_is_there_stays_unless_asked(tmp_path):
    path = tmp_path/'a.svg'; path.write_text('precious')
    with pytest.raises(BadInput, match='there already'): waves(2).save(path, overwrite=False)
    assert path.read_text() == 'precious'
    waves(2).save(path); assert Ink.open(path) == waves(2)

@pytest.mark.parametrize('step', ['write_bytes', 'replace'])
def test_a_write_that_fails_leaves_all_as_it_was(tmp_path, monkeypatch, step):
    path = tmp_path/'a.svg'; path.write_text('precious')
    def full(*a): raise OSError(28, 'No space left on device')
    monkeypatch.setattr(*((os, 'replace') if step == 'replace' else (type(path), 'write_bytes')), full)
    with pytest.raises(BadInput, match='No space left'): waves(2).save(path)
    assert path.read_text() == 'precious' and list(tmp_path.iterdir()) == [path]

def test_pixels(tmp_path):
    from PIL import Image
    ink = waves(20); ink.save(tmp_path/'a.PNG'); ink.save(tmp_path/'a.gif')
    png, gif = Image.open(tmp_path/'a.PNG'), Image.open(tmp_path/'a.gif')
    assert png.width <= 1400 and png.getextrema() == (0, 255)
    assert gif.n_frames > 20 and gif.info['loop'] == 0 and (tmp_path/'a.gif').stat().st_size < 300_000
    gif.seek(gif.n_frames-1)
    assert gif.info['duration'] == 3000 and abs(np.asarray(gif.convert('L'), float)-np.asarray(ink.image(zoom=1), float)).max() < 20

def test_a_dot_is_drawn():
    assert np.asarray(Ink([[(0, 0)]]).image()).min() == 0

def test_a_page_in_a_gif_stays_small():
    page = stack([waves(40)]*12)
    assert 50 < len(page.frames()) <= 201

# Tidying

@given(st.builds(Ink, strokes(sensor)), st.floats(.5, 5000))
def test_resampling_keeps_ends_and_spacing(ink, spacing):
    for old, new in zip(ink.strokes, ink.resample(spacing).strokes):
        length, gaps = np.hypot(*np.diff(old.astype(float), axis=0).T).sum(), np.hypot(*np.diff(new.astype(float), axis=0).T)
        assert (new[[0, -1]] == old[[0, -1]]).all()
        if length: assert (gaps <= length/(len(new)-1)+.02).all() and abs(length/spacing-(len(new)-1)) <= max(.5, 1-length/spacing)+1e-6

def test_resampling_a_straight_stroke_is_even():
    gaps = np.diff(Ink([[(0, 0), (1, 0), (10, 0)]]).resample(2.5).points[:, 0])
    assert np.allclose(gaps, 2.5)
    for bad in (0, -1, float('nan')):
        with pytest.raises(BadInput): waves(1).resample(bad)

@given(st.builds(Ink, strokes(sensor)), st.floats(.3, 9))
def test_thinning_and_smoothing_keep_ends(ink, step):
    for other in (ink.thin(step), ink.smooth()):
        assert all((a[[0, -1]] == b[[0, -1]]).all() for a, b in zip(ink.strokes, other.strokes))

@pytest.mark.parametrize('lean', [-.7, -.25, 0., .3, .8, 1.2])
def test_slant_is_found_and_taken_out(lean):
    ink = waves(lean=lean)
    assert abs(ink.slant()-lean) < .05 and abs(ink.deslant().slant()) < .05

@pytest.mark.parametrize('climb', [-.2, -.03, 0., .1])
def test_straightening_levels_a_line_and_then_does_nothing_more(climb):
    ink = waves(30, climb=climb); level = ink.straighten()
    assert abs(level.tilt()) < 1e-5 and np.abs(level.straighten().points-level.points).max() < 1e-3

def test_a_word_or_a_steep_line_is_left_as_it_is():
    word, steep = waves(3, climb=.1), waves(30, climb=.5)
    assert word.straighten() is word and steep.straighten() is steep

def test_lines_of_a_page():
    a, b = waves(5, text='one').shift(100, 7), waves(9, text='two')
    page = stack([a, Ink([], ''), b], gap=3)
    n = len(a.strokes); first, second = Ink(page.strokes[:n]), Ink(page.strokes[n:])
    assert page.text == 'one\n\ntwo' and first.bounds()[0] == second.bounds()[0] == 0
    assert second.baseline()-first.baseline() == pytest.approx(2*3*np.median([a.height(), b.height()]))
    assert len(stack([])) == 0 and stack([Ink([[(0, 0)]])]).text is None

def test_what_says_that_it_is_no_ink_is_passed_by():
    assert read('<g data-ink="0"><path d="M9 9L8 8"/></g><path d="M0 0L1 1"/>') == [[[0, 0], [1, 1]]]
