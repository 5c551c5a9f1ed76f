"Style: measures of a line, a distance between hands, ranks, and shapes"
import numpy as np, pytest, torch
from hypothesis import given, settings, strategies as st
from handwriting_nb.iam import load_iam
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.style import (ASPECTS, FEATURES, Hands, all_shapes, area, as_seen, courses, features, lean, measured, nearest,
                                  pace, ranks, room, rose, shapes, told_apart, turning_heights,)
from handwriting_nb.training import save_checkpoint
from handwriting_nb.writer import styles

@pytest.fixture(scope='module')
def line(): return styles()[2]

@pytest.fixture(scope='module')
def space(): return Hands.from_pretrained()

# what is measured
numbers = st.floats(-100, 100, width=32)
strokes = st.lists(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=12), min_size=1, max_size=12)

@given(strokes, st.text('abc', min_size=1, max_size=12))
@settings(max_examples=150)
def test_features_are_finite_or_refused(strokes, text):
    try: x = features(Ink(strokes, text))
    except BadInput: return
    assert x.shape == (FEATURES,) and np.isfinite(x).all()

def test_features_do_not_depend_on_size_or_place(line):
    x = features(line); assert np.abs(x-features(line.scale(13).shift(500, -80))).max() < .06

def test_features_see_a_slant(line):
    at = sum(len(f(as_seen(line))) for f in ASPECTS[:1])          # where `lean` begins
    leaning = line.map(lambda s: np.stack([s[:, 0]-.5*s[:, 1], s[:, 1]], 1))
    assert .35 < features(leaning)[at]-features(line)[at] < .6

def test_each_aspect_has_its_size(line):
    seen = as_seen(line); assert [len(f(seen)) for f in ASPECTS] == [58, 3, 11, 13, 4] and sum((58, 3, 11, 13, 4)) == FEATURES

@pytest.mark.parametrize('ink', [Ink([], 'text'), Ink([[(0, 0), (1, 1)]], 'a'), Ink([[(3, 3)]*40], 'ab'), Ink([[(k, k % 3) for k in range(30)]])])
def test_too_little_ink(ink):
    with pytest.raises(BadInput): features(ink)

@given(st.floats(-10, 10), st.integers(3, 40))
def test_rose_is_a_share_that_turns(angle, n):
    h = rose(np.array([angle]), n); assert np.isclose(h.sum(), 1) and (h > 1e-9).sum() <= 2
    assert np.allclose(np.roll(h, 1), rose(np.array([angle+2*np.pi/n]), n), atol=1e-9)

def test_courses_of_a_square():
    ways, turns, before = courses(Ink([[(0, 0), (4, 0), (4, -4), (0, -4), (0, 0)]]), step=1.)
    assert np.allclose(np.exp(1j*ways), np.repeat([1, 1j, -1, -1j], 4)) and len(before) == len(turns) == 15
    assert np.allclose(turns[[3, 7, 11]], np.pi/2) and np.isclose(turns.sum(), 3*np.pi/2)      # to the left

def test_lean_goes_down_and_up():
    v = Ink([[(0, 0), (1, 4), (3, 0)]]); mean, spread, down = lean(v)
    assert np.isclose(mean, (.5-.25)/2) and np.isclose(down, -.25) and spread > 0

def test_tops_and_bottoms_of_a_plateau():
    tops, bottoms = turning_heights(np.array([[0, 0], [1, -2], [2, -2], [3, 0]]), 0)
    assert set(tops) == {2} and set(bottoms) == {0}

def test_room_counts_letters():
    ink = Ink([[(0, 0), (2, 4), (4, 0)], [(6, 0), (8, 4), (10, 0)]], 'nn'); twice = Ink(ink.strokes, 'nnnn')
    assert np.allclose(room(ink)[:3]-room(twice)[:3], np.log(2), atol=.01) and np.allclose(room(ink)[3:], room(twice)[3:])

def test_pace_of_an_even_pen():
    even = pace(Ink([[(k, 0) for k in range(20)]])); assert np.allclose(even, [0, 0, 0, 1])
    assert pace(Ink([[(0, 0)]])).tolist() == [0, 0, 0, 0]

# hands
def test_the_packaged_space_has_ten_axes(space): assert space.mean.shape == (FEATURES,) and space.axes.shape == (FEATURES, 10)

def test_lines_of_a_hand_are_near(space):
    lines = [l.ink for l in load_iam()][:60:12]; same = styles()
    assert space.apart(same[2], same[2]) == 0 and space.apart(same[2], lines[0]) == space.apart(lines[0], same[2]) > 1

def test_fit_finds_what_tells_apart_under_any_units():
    rng = np.random.default_rng(1); who = np.repeat(np.arange(30), 8); hand = rng.normal(size=(30, 2))[who]
    x = np.column_stack([1e4*rng.normal(size=240), hand[:, 0]+.1*rng.normal(size=240), 1e-3*(hand[:, 1]+.1*rng.normal(size=240))])
    a, found = told_apart(x@Hands.fit(x, who, k=2, shrink=.01).axes, who)
    assert a > .97 and (found == 1).mean() > .8 and told_apart(x, who)[0] < .6

def test_within_a_hand_a_unit_is_a_deviation():
    rng = np.random.default_rng(2); who = np.repeat(np.arange(40), 10); x = 5*rng.normal(size=(40, 3))[who]+rng.normal(size=(400, 3))*[1, 2, 3]
    z = x@Hands.fit(x, who, k=3, shrink=0).axes; means = np.stack([z[who == k].mean(0) for k in range(40)])
    assert np.allclose(np.cov((z-means[who]).T)*399/360, np.eye(3), atol=1e-6)

def test_saved_and_loaded(space, tmp_path, line):
    space.save(tmp_path/'h.safetensors'); again = Hands.from_pretrained(tmp_path/'h.safetensors')
    assert np.array_equal(again.axes, space.axes) and np.array_equal(again([line]), space([line]))

@pytest.mark.parametrize('tensors', [{}, dict(mean=np.zeros(3), axes=np.zeros((3, 2))), dict(mean=np.zeros(89)), dict(mean=np.zeros(89), axes=np.zeros(89)),
                                     dict(mean=np.zeros(89), axes=np.full((89, 2), np.nan))])
def test_files_that_are_no_hands(tmp_path, tensors):
    save_checkpoint(tmp_path/'h.safetensors', {k: torch.tensor(v).float() for k, v in tensors.items()} or dict(x=torch.zeros(1)))
    with pytest.raises(BadInput): Hands.from_pretrained(tmp_path/'h.safetensors')
    (tmp_path/'t.safetensors').write_bytes(b'torn')
    with pytest.raises(BadInput): Hands.from_pretrained(tmp_path/'t.safetensors')

# figures
@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), st.lists(st.integers(0, 9), min_size=1, max_size=20))
def test_area_counts_pairs(same, other):
    assert np.isclose(area(same, other), np.mean([(a < b)+.5*(a == b) for a in same for b in other]))

@given(st.integers(0, 1000), st.integers(2, 12))
def test_ranks_are_places(seed, n):
    rng = np.random.default_rng(seed); means = {k: rng.normal(size=3) for k in range(n)}; z = rng.normal(size=3)
    assert sorted(ranks([z]*n, list(range(n)), means)) == list(range(1, n+1))

def test_measured_leaves_out_what_cannot_be_measured():
    lines = list(load_iam())[:6]; lines[2] = lines[2]._replace(ink=Ink([[(0, 0)]], 'x')); x, pages = measured(lines)
    assert x.shape == (5, FEATURES) and len(pages) == 5

# shapes
def test_a_copy_is_found_where_it_is(line):
    known = all_shapes(list(styles().values()), every=1); far, which = nearest(shapes(line), known)
    first = len(all_shapes([styles()[1]], every=1)); n = len(shapes(line))
    assert far.max() < .01 and which.tolist() == list(range(first, first+8*n, 8))

def test_nearest_is_a_root_mean_square():
    a = np.zeros((3, 64), np.float32); b = np.tile(np.float32([3, 4]), (2, 32)); far, which = nearest(a, b, size=2)
    assert np.allclose(far, 5) and which.tolist() == [0, 0, 0]

def test_short_lines_have_no_shape():
    short = Ink([[(k, k % 3) for k in range(20)]], 'ab'); assert shapes(short).shape == (0, 64)
    assert all_shapes([short, Ink([], 'no')]).shape == (0, 64)
