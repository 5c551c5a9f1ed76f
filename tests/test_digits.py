"Digits: files that are not what they say, thinning and counting against the plainest code, sequences to the last byte, and tracing that visits every pixel"
import gzip, subprocess, sys
from pathlib import Path
import numpy as np, pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from handwriting_nb import digits
from handwriting_nb.digits import (MNIST, SAMPLE, Recorder, augment, fetch_mnist, find_mnist, from_sequence, levels, load_human, load_mnist, pieces,
                                   read_idx, read_sequence, save_human, save_sequence, thin, thinned, to_sequence, trace, write_idx)
from handwriting_nb.ink import BadInput, Ink

settings.register_profile('digits', deadline=None, max_examples=60); settings.load_profile('digits')
AROUND = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]      # (dy, dx), from north over east

masks = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.booleans())
heaps = arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(1, 64)), elements=st.booleans())
steps = st.lists(st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=1, max_size=9)
inks = st.lists(steps, min_size=1, max_size=5).map(lambda strokes: Ink(strokes, '7'))

@pytest.fixture(scope='module')
def sample(): return load_mnist('train', SAMPLE)

def plain_thin(mask):
    "Zhang and Suen as they wrote it, a pixel at a time"
    ink = {tuple(p) for p in np.argwhere(mask).tolist()}; before = None
    while ink != before:
        before = set(ink)
        for held in (((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6))): ink = {p for p in ink if not may_go(ink, p, held)}
    out = np.zeros_like(mask)
    for p in ink: out[p] = True
    return out

def may_go(ink, p, held):
    ring = [(p[0]+dy, p[1]+dx) in ink for dy, dx in AROUND]
    rises = sum(not a and b for a, b in zip(ring, ring[1:]+ring[:1]))
    return 2 <= sum(ring) <= 6 and rises == 1 and not any(all(ring[i] for i in three) for three in held)

def plain_pieces(mask, corners):
    ink, n = {tuple(p) for p in np.argwhere(mask).tolist()}, 0; ring = AROUND if corners else AROUND[::2]
    while ink:
        n += 1; queue = [ink.pop()]
        for y, x in queue:
            near = {(y+dy, x+dx) for dy, dx in ring} & ink; ink -= near; queue += near
    return n

def pixels(mask): return {(x, y) for y, x in np.argwhere(mask).tolist()}
def visited(ink): return {*map(tuple, ink.points.astype(int).tolist())}

# Files

@given(arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, max_side=6)), st.sampled_from(['x.gz', 'x']))
def test_idx_round_trip(tmp_path_factory, array, name):
    path = tmp_path_factory.mktemp('idx')/name; write_idx(path, array)
    assert np.array_equal(read_idx(path), array) and [p.name for p in path.parent.iterdir()] == [name]

@given(st.binary(max_size=60), st.booleans())
def test_idx_reads_or_says_why(tmp_path_factory, data, packed):
    path = tmp_path_factory.mktemp('idx')/'x'; path.write_bytes(gzip.compress(data) if packed else data)
    try: assert read_idx(path).dtype == np.uint8
    except BadInput as e: assert '\n' not in str(e)

@pytest.mark.parametrize('cut', [1, 5, 17, 300, 2000])
def test_idx_cut_short(tmp_path, cut):
    data = (SAMPLE/MNIST['test'][0]).read_bytes(); (tmp_path/'x').write_bytes(data[:-cut])
    with pytest.raises(BadInput, match='x'): read_idx(tmp_path/'x')

def test_idx_that_promises_too_much(tmp_path):
    (tmp_path/'x').write_bytes(bytes([0, 0, 8, 3])+b'\xff'*12)
    with pytest.raises(BadInput, match='promises'): read_idx(tmp_path/'x')

def test_idx_bomb_is_not_unpacked(tmp_path):
    (tmp_path/'x').write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 4])+bytes(10**8)))
    with pytest.raises(BadInput, match='goes on'): read_idx(tmp_path/'x')

@pytest.mark.parametrize('array', [np.zeros(3), np.uint8(1), np.zeros((1, 1, 1, 1), np.uint8)])
def test_idx_of_other_numbers(tmp_path, array):
    with pytest.raises(BadInput): write_idx(tmp_path/'x', array)
    assert not list(tmp_path.iterdir())

def test_labels_of_another_set(tmp_path, sample):
    for name, array in zip(MNIST['train'], (sample.images, sample.labels[1:])): write_idx(tmp_path/name, array)
    with pytest.raises(BadInput, match='not of one set'): load_mnist('train', tmp_path)

def test_hash_is_checked(tmp_path, sample, monkeypatch):
    monkeypatch.setenv('HANDWRITING_DATA', str(tmp_path)); (tmp_path/'mnist').mkdir()
    for name, array in zip(MNIST['train'], sample): write_idx(tmp_path/'mnist'/name, array)
    with pytest.raises(BadInput, match="not MNIST's file"): load_mnist('train')
    assert np.array_equal(load_mnist('train', tmp_path/'mnist').labels, sample.labels)

def test_where_nothing_is(tmp_path, monkeypatch):
    monkeypatch.setenv('HANDWRITING_CACHE', str(tmp_path)); monkeypatch.delenv('HANDWRITING_DATA', raising=False)
    assert find_mnist() == SAMPLE and len(load_mnist('test').images) == 100
    with pytest.raises(BadInput, match='fetch_mnist'): load_mnist('train', tmp_path)

def test_without_pooch(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pooch', None)
    with pytest.raises(BadInput, match='pip install pooch'): fetch_mnist()

def test_without_network(monkeypatch):
    class Pooch:
        def retrieve(*args): raise OSError('no route to host')
    monkeypatch.setitem(sys.modules, 'pooch', Pooch)
    with pytest.raises(BadInput, match='could not be fetched'): fetch_mnist()

def test_sample_is_small_and_mixed(sample):
    assert sum(p.stat().st_size for p in SAMPLE.iterdir()) < 100_000
    assert sample.images.shape == (400, 28, 28) and (np.bincount(sample.labels) == 40).all()

def test_human_digits_need_their_file(tmp_path):
    with pytest.raises(BadInput, match='is not there'): load_human(tmp_path/'samples.h5')
    (tmp_path/'x.h5').write_bytes(b'no')
    with pytest.raises(BadInput): load_human(tmp_path/'x.h5')

# Thinning

@given(heaps)
def test_thin_is_that_of_zhang_and_suen(masks):
    assert np.array_equal(thin(masks), np.stack([plain_thin(m) for m in masks]))

@given(heaps, st.booleans())
def test_pieces(masks, corners): assert pieces(masks, corners).tolist() == [plain_pieces(m, corners) for m in masks]

@given(arrays(np.uint8, (3, 9, 9)))
def test_levels_keep_pieces_and_half_of_the_ink(images):
    for image, level in zip(images, levels(images)):
        for corners in (False, True): assert plain_pieces(image > level, corners) == plain_pieces(image > 0, corners)
        assert (image > level).sum() >= (image > 0).sum()/2 and level in range(0, 226, 25)

def test_nothing_and_everything():
    assert thinned(np.zeros((0, 28, 28), np.uint8)).shape == (0, 28, 28)
    assert not thinned(np.zeros((2, 28, 28), np.uint8)).any()
    assert thinned(np.full((1, 64, 64), 255, np.uint8)).shape == (1, 64, 64)
    with pytest.raises(BadInput, match='64 pixels'): thin(np.ones((1, 3, 65), bool))

def test_digits_stay_in_one_piece(sample):
    lines = thinned(sample.images); assert (pieces(lines, True) == pieces(sample.images > 0, True)).mean() > .98
    assert lines.sum() < .4*(sample.images > 127).sum()

# Sequences

@given(inks)
def test_sequence_round_trip(ink): assert from_sequence(to_sequence(ink), '7') == ink

@given(st.text('01 -\n29x', max_size=40))
def test_sequence_reads_or_says_why(text):
    try: assert to_sequence(from_sequence(text)).split() == text.split()
    except BadInput as e: assert '\n' not in str(e)

def test_sequence_files(tmp_path):
    ink = Ink([[(3, 4), (4, 4)]]); save_sequence(ink, tmp_path/'s.txt')
    assert read_sequence(tmp_path/'s.txt') == ink and (tmp_path/'s.txt').read_text() == '4 5 0 0\n1 0 0 0\n0 0 1 1\n'
    with pytest.raises(BadInput, match='cannot read'): read_sequence(tmp_path/'t.txt')

@pytest.mark.parametrize('rows,line', [('4 5 0 0\n1 zero 0 0\n0 0 1 1\n', 2), ('4 5 0 0\n\n0 0 1 1\n', 2), ('4 5 0 0\n0 0 1\n', 2), ('4 5 0 0\n1 0 0 1\n0 0 1 1', 2), ('4 5 0 0\n1 0 1 0\n0 0 1 1', 2),
                                       ('0 0 1 0\n4 5 0 0\n0 0 1 1', 1), ('4 5 0 0\n0 0 1 1\n3 3 0 0\n0 0 1 1', 2), ('4 5 0 0\n0 0 1 0\n0 0 1 1', 3), ('4 5 0 0\n0 0 1 0', 2), ('4 5 0 0\n1 0 0 0', 2)])
def test_a_broken_row_is_named(tmp_path, rows, line):
    (tmp_path/'s.txt').write_text(rows)
    with pytest.raises(BadInput, match=rf's\.txt, line {line}: [^\n]*$'): read_sequence(tmp_path/'s.txt')

def test_an_empty_sequence(tmp_path):
    (tmp_path/'s.txt').write_text('')
    with pytest.raises(BadInput, match=r's\.txt is no sequence: it is empty'): read_sequence(tmp_path/'s.txt')

@pytest.mark.parametrize('ink', [Ink([]), Ink([[(.5, 1)]]), Ink([[(1e9, 1)]])])
def test_not_a_sequence(ink):
    with pytest.raises(BadInput, match='whole pixels'): to_sequence(ink)

# Tracing

@given(masks)
def test_every_pixel_is_visited_in_single_steps(mask):
    for m in (mask, thin(mask[None])[0]):
        ink = trace(m); assert visited(ink) == pixels(m)
        assert all(np.abs(np.diff(s, axis=0)).max() == 1 for s in ink.strokes if len(s) > 1)

def test_every_pixel_of_every_digit(sample):
    for image, label in zip(thinned(sample.images), sample.labels):
        ink = trace(image, str(label)); assert visited(ink) == pixels(image) and ink.text == str(label)
        assert len(ink) < 1.25*image.sum()+2

def drawn(*rows): return np.array([[c != '.' for c in row] for row in rows])

def test_a_cross_is_two_straight_strokes():
    cross = trace(drawn(*['.....#.....']*5, '###########', *['.....#.....']*5))
    assert [np.ptp(s, axis=0).tolist() for s in cross.strokes] == [[10, 0], [0, 10]] or [np.ptp(s, axis=0).tolist() for s in cross.strokes] == [[0, 10], [10, 0]]

def test_a_ring_begins_on_top_and_goes_left():
    s, = trace(drawn('..###..', '.#...#.', '#.....#', '#.....#', '.#...#.', '..###..')).strokes
    assert s[0].tolist() == s[-1].tolist() == [4, 0] and s[1].tolist() == [3, 0]

def test_a_spur_is_no_stroke():
    spur = trace(drawn('......#......', '......#......', '#############')); assert len(spur.strokes) == 1

def test_a_loop_and_its_stem_are_one_stroke():
    nine = drawn('..####.', '.#....#', '.#....#', '..#####', *['......#']*8); assert len(trace(nine).strokes) == 1

# Augmentation

@given(st.integers(0, 2**32-1))
def test_augment_keeps_what_it_is(seed):
    ink = Ink([[(0, 0), (1, 2), (3, 3)], [(2, 2)]], '4'); new = augment(ink, np.random.default_rng(seed))
    assert [len(s) for s in new.strokes] == [3, 1] and new.text == '4' and .4 < new.length()/ink.length() < 2.5
    assert augment(ink, np.random.default_rng(seed)) == new

# Recording

SEVEN = [[[7, 6], [21, 5.5], [17, 13], [13, 23]], [[10, 14], [20, 13.5]]]
inside = st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32))
persons = st.lists(st.lists(inside, min_size=1, max_size=30), min_size=1, max_size=10).map(lambda strokes: Ink(strokes, '7'))

@pytest.fixture
def recorder():
    pytest.importorskip('anywidget'); return Recorder('78')

@given(st.lists(persons, min_size=1, max_size=3))
def test_human_round_trip(tmp_path_factory, inks):
    path = tmp_path_factory.mktemp('human')/'x.h5'; save_human(inks, path); back = load_human(path)
    for ink, new in zip(inks, back, strict=True):
        assert len(new) == 20 and new.text == ink.text and len(new.strokes) == len(ink.strokes)
        for s, t in zip(ink.strokes, new.strokes): assert np.allclose(s[[0, -1]], t[[0, -1]], atol=1e-6)

def test_human_of_twenty_points_stays(tmp_path):
    ink = Ink([np.random.default_rng(k).random((n, 2)) for k, n in enumerate((1, 7, 12))], '0')
    save_human([ink], tmp_path/'a.h5'); back = load_human(tmp_path/'a.h5'); save_human(back, tmp_path/'b.h5')
    assert [len(s) for s in back[0].strokes] == [1, 7, 12] and np.allclose(back[0].points, ink.points, atol=1e-6)
    assert sorted(p.name for p in tmp_path.iterdir()) == ['a.h5', 'b.h5']

@pytest.mark.parametrize('ink', [Ink([], '1'), Ink([[(0, 0)]]), Ink([[(0, 0)]], '12'), Ink([[(0, 0)]], '\u0663'),
                                 Ink([[(0, 2)]], '1'), Ink([[(-.1, 0)]], '1'), Ink([[(0, 0)]]*11, '1')])
def test_human_that_does_not_fit(tmp_path, ink):
    with pytest.raises(BadInput): save_human([ink], tmp_path/'x.h5')
    assert not list(tmp_path.iterdir())

def test_human_is_not_lost(tmp_path):
    one = Ink([[(0, 0), (1, 1)]], '1'); save_human([one], tmp_path/'x.h5')
    with pytest.raises(BadInput, match='is there already'): save_human([one, one], tmp_path/'x.h5')
    with pytest.raises(BadInput, match='no digit'): save_human([], tmp_path/'x.h5', overwrite=True)
    assert len(load_human(tmp_path/'x.h5')) == 1
    save_human([one, one], tmp_path/'x.h5', overwrite=True); assert len(load_human(tmp_path/'x.h5')) == 2

def test_recorder(recorder, tmp_path):
    for label in '787':
        assert recorder.label == label
        recorder.strokes = SEVEN; assert recorder.strokes == SEVEN
        recorder.keep(); assert recorder.strokes == []
    assert [i.text for i in recorder.inks] == ['7', '8', '7'] and np.allclose(recorder.inks[0].points*28, sum(SEVEN, []))
    recorder.save(tmp_path/'mine.h5'); assert [i.text for i in load_human(tmp_path/'mine.h5')] == ['7', '8', '7']

def test_recorder_as_the_page_sends(recorder):
    recorder.widget.set_state(dict(strokes=SEVEN)); assert recorder.strokes == SEVEN
    recorder.widget.set_state(dict(strokes=[], kept=[['7', SEVEN]])); assert recorder.label == '8' and len(recorder.inks) == 1

@pytest.mark.parametrize('strokes', [
    None, 7, 'abc', {'a': 1}, [7], ['7'], [[1, 2]], [[[1]]], [[[1, 2, 3]]], [[['a', 'b']]], [[{}]], [[[None, 1]]], [[[[1, 2]]]],
    [[[float('nan'), 1]]], [[[float('inf'), 1]]], [[[10**400, 1]]], [[[-.1, 1]]], [[[1, 28.1]]], [[[1, 1]]]*11, [[[1, 1]]*10_001]])
def test_recorder_takes_no_other_strokes(recorder, strokes):
    for sent in (dict(strokes=strokes), dict(kept=[['7', strokes]])):
        with pytest.raises(BadInput): recorder.widget.set_state(sent)
    with pytest.raises(BadInput): recorder.strokes = strokes
    assert recorder.strokes == [] and recorder.inks == []

@pytest.mark.parametrize('sent', [
    dict(kept=None), dict(kept='7'), dict(kept=[7]), dict(kept=[['7']]), dict(kept=[['77', SEVEN]]), dict(kept=[[7, SEVEN]]),
    dict(kept=[['7', []]]), dict(kept=[['7', [[]]]]), dict(kept=[['7', SEVEN]]*1001), dict(labels=''), dict(labels='x'), dict(labels=7)])
def test_recorder_keeps_nothing_else(recorder, sent):
    with pytest.raises(BadInput): recorder.widget.set_state(sent)
    assert recorder.inks == [] and recorder.label == '7'

def test_recorder_keeps_no_empty_sheet(recorder, tmp_path):
    with pytest.raises(BadInput): recorder.keep()
    with pytest.raises(BadInput, match='no digit'): recorder.save(tmp_path/'x.h5')

def test_recorder_needs_anywidget(monkeypatch):
    digits._sheet.cache_clear(); monkeypatch.setitem(sys.modules, 'anywidget', None)
    with pytest.raises(BadInput, match='pip install anywidget'): Recorder()

def test_nothing_is_imported_for_recording():
    code = 'import sys, handwriting_nb.digits; print(*{"anywidget", "traitlets", "h5py"} & {*sys.modules})'
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.strip() == ''

def test_the_page_asks_for_nothing_outside(): assert 'http' not in digits._ESM+digits._CSS and 'url(' not in digits._CSS
