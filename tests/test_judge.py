"The judge: what it reads, files that are none, that it learns; and the other measures, against cases worked out by hand"
import json, math
import numpy as np, pytest, torch
from hypothesis import given, settings, strategies as st
from safetensors.torch import load, save
from handwriting_nb.digits import SAMPLE, load_mnist, thinned, trace
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.judge import (Judge, Measures, Trial, as_a_person, bent, confusions, load_judge, moved, redrawn, soft_drawings, table,
                                  train_judge, turning, unlike)
from handwriting_nb.tracer import outline

def rng(seed=0): return torch.Generator().manual_seed(seed)
def small(seed=0): torch.manual_seed(seed); return Judge(2, 8).eval()
def some(n, seed=0): return np.random.default_rng(seed).random((n, 28, 28)) < .1

@pytest.fixture(scope='module')
def sample(): digits = load_mnist('train', SAMPLE); return thinned(digits.images), digits.labels.astype(int)

@pytest.fixture
def saved(tmp_path): small().save(tmp_path/'a.safetensors'); return tmp_path/'a.safetensors'

# reading

@pytest.mark.parametrize('n', [0, 1, 7])
def test_one_answer_a_picture(n):
    odds = small().odds(some(n), at_once=3); assert odds.shape == (n, 10) and np.allclose(odds.sum(-1), 1, atol=1e-5)
    assert small().read(some(n)).tolist() == odds.argmax(-1).tolist()

def test_a_batch_is_its_parts():
    judge, x = small(), some(5); assert np.allclose(judge.odds(x), np.concatenate([judge.odds(p[None]) for p in x]), atol=1e-5)
    assert np.array_equal(judge.train().odds(x), judge.odds(x.astype(float))) and not judge.training

def test_the_packaged_one_reads(sample):
    thin, labels = sample; assert np.mean(Judge.from_pretrained().read(thin) == labels) > .9

@pytest.mark.parametrize('bad', [np.zeros((28, 28)), np.zeros((2, 27, 28)), np.zeros((1, 1, 28, 28)), np.full((1, 28, 28), 255), np.full((1, 28, 28), -.1),
                                 np.full((1, 28, 28), np.nan), np.full((1, 28, 28), np.inf)])
def test_what_is_no_picture(bad):
    with pytest.raises(BadInput) as e: small().read(bad)
    assert '\n' not in str(e.value)

# learning

def test_bent_stays_a_picture_and_changes(sample):
    images = load_mnist('train', SAMPLE).images[:20]; a, b, c = (bent(images, rng(s)) for s in (1, 1, 2))
    assert a.shape == images.shape and a.dtype == np.uint8 and np.array_equal(a, b) and (a != c).any((1, 2)).all() and (a != images).any((1, 2)).all()
    assert np.abs(a.sum((1, 2), float)/images.sum((1, 2))-1).max() < .6

def test_moved_by_whole_pixels():
    one = torch.zeros(1, 28, 28); one[0, 14, 10] = 1; places = {tuple(moved(one, rng(s)).nonzero()[0].tolist()[1:]) for s in range(300)}
    assert places == {(y, x) for y in range(12, 17) for x in range(8, 13)}

def test_it_learns(sample):
    thin, labels = (a[sample[1] < 2] for a in sample); judge = train_judge(thin, labels, epochs=60, quiet=True, judge=Judge(4, 32, 0.), rate=3e-3); assert not judge.training
    assert np.mean(judge.read(thin) == labels) > .9

def test_same_seed_same_judge(sample):
    thin, labels = sample; a, b = (train_judge(thin[:64], labels[:64], epochs=1, quiet=True, judge=small()) for _ in range(2))
    assert np.array_equal(a.odds(thin[:9]), b.odds(thin[:9])) and not np.array_equal(a.odds(thin[:9]), small().odds(thin[:9]))

def test_stopping_keeps_what_was_learned(monkeypatch, sample):
    import handwriting_nb.judge as module
    calls = []
    def impatient(pictures, rng):
        calls.append(1)
        if len(calls) > 2: raise KeyboardInterrupt
        return pictures
    monkeypatch.setattr(module, 'moved', impatient); before = small().eye[0].weight.clone()
    judge = train_judge(*sample, epochs=3, quiet=True, judge=small()); assert not torch.equal(judge.eye[0].weight, before) and not judge.training

def test_labels_that_do_not_match():
    for n, m in ((3, 2), (0, 0)):
        with pytest.raises(BadInput): train_judge(some(n), np.zeros(m, int), quiet=True)

# files

def test_save_and_load(saved, tmp_path):
    again = load_judge(str(saved)); assert np.abs(again.odds(some(9))-small().odds(some(9))).max() < .01 and not again.training
    assert sorted(p.name for p in tmp_path.iterdir()) == ['a.json', 'a.safetensors'] and again.config == dict(width=2, hidden=8, dropout=.3)
    again.save(saved); assert np.array_equal(load_judge(saved).odds(some(9)), again.odds(some(9)))
    assert np.array_equal(Judge.from_pretrained(str(saved)).odds(some(3)), again.odds(some(3)))

def bad_weights(good):
    weights = load(good); some = 'eye.0.weight'
    yield from (b'', b'{}', b'\0'*100, good[:-1], good[:500], b'PK'+good[2:])
    yield save({k: v for k, v in weights.items() if k != some})
    yield save({**weights, 'more': torch.zeros(1)})
    yield save({**weights, some: torch.zeros(1)})
    yield save({**weights, some: torch.full_like(weights[some], math.nan)})

def test_bad_weights(saved):
    for data in bad_weights(saved.read_bytes()):
        saved.write_bytes(data)
        with pytest.raises(BadInput, match=str(saved)) as e: load_judge(saved)
        assert '\n' not in str(e.value)

@pytest.mark.parametrize('config', ['', '[]', '{}', '3', '{"width": 2}', '{"width": 2, "hidden": 8, "dropout": 0.3, "more": 1}', '['*100_000,
    *(json.dumps({**dict(width=2, hidden=8, dropout=.3), **d}) for d in (dict(width=0), dict(width=10**9), dict(width=2.), dict(width=True), dict(hidden='8'),
      dict(dropout=1), dict(dropout=math.nan), dict(dropout=None)))])
def test_bad_sizes(saved, config):
    saved.with_suffix('.json').write_text(config)
    with pytest.raises(BadInput, match='a.json') as e: load_judge(saved)
    assert '\n' not in str(e.value)

def test_not_there(tmp_path):
    for make in (lambda: load_judge(tmp_path/'none.safetensors'), lambda: Judge.from_pretrained('writer'), lambda: small().save(tmp_path/'no'/'where.safetensors')):
        with pytest.raises(BadInput): make()
    small().save(tmp_path/'a.safetensors'); (tmp_path/'a.safetensors').unlink()
    with pytest.raises(BadInput, match='cannot read'): load_judge(tmp_path/'a.safetensors')

# measures

def test_confusions(): assert np.argwhere(confusions([1, 1, 9], np.array([1, 7, 9]))).tolist() == [[1, 1], [1, 7], [9, 9]]

def test_drawings_of_pixels_are_these_pixels(sample):
    thin, _ = sample; inks = [trace(t) for t in thin[:100]]; assert np.mean(redrawn(inks) != thin[:100]) < 1e-4
    assert np.square(soft_drawings(inks)-thin[:100]).mean() < .01 and soft_drawings(inks[:1], (40, 30)).shape == (1, 40, 30) == redrawn(inks[:1], (40, 30)).shape

def test_soft_drawings_do_not_depend_on_their_neighbours(sample):
    inks = [trace(t) for t in sample[0][:7]]+[Ink([]), Ink([[(3, 4)]])]; alone = np.concatenate([soft_drawings([i]) for i in inks])
    assert np.allclose(soft_drawings(inks, at_once=4), alone, atol=1e-6) and not alone[-2].any() and alone[-1].argmax() == 4*28+3
    assert len(soft_drawings([])) == len(redrawn([])) == 0

@given(st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27)), min_size=1, max_size=9))
@settings(deadline=None, max_examples=50)
def test_turning_has_its_bounds_and_both_directions_alike(points):
    ink, back = Ink([points]), Ink([points[::-1]]); t = turning([ink])
    assert 0 <= t*ink.length() <= 180*max(0, len(points)-2)+1e-6 and math.isclose(t, turning([back]), abs_tol=1e-6)

def test_turning_by_hand():
    square = Ink([[(0, 0), (4, 0), (4, 0), (4, 4), (0, 4)]]); there_and_back = Ink([[(0, 0), (2, 0), (0, 0)]])
    assert math.isclose(turning([square]), 180/12) and math.isclose(turning([there_and_back]), 180/4) and math.isclose(turning([square, there_and_back]), 360/16)
    assert turning([]) == turning([Ink([])]) == turning([Ink([[(1, 1)]])]) == 0

def test_shapes_beside_each_other():
    line, bow = (outline([np.array(s, float)]) for s in ([(0, 0), (0, 9)], [(0, 0), (6, 4), (0, 9)]))
    near = unlike(line, np.stack([line, line[::-1], bow])); assert np.allclose(near[:2], 0) and near[2] > .1

def test_as_a_person():
    seven = [(0, 0), (6, 0), (2, 9)]; people = np.stack([outline([np.array(s, float)]) for s in (seven, [(3, 0), (3, 9)])])
    for size in 1, 20: assert as_a_person(Ink([seven]).scale(size).shift(5, 3), people) == (True, True)
    assert as_a_person(Ink([seven[::-1]]), people) == (False, False) == as_a_person(Ink([]), people)
    assert as_a_person(Ink([[(5, 5)]]), people)[0] in (True, False)

def test_a_trial(sample):
    thin, labels = sample[0][:40], sample[1][:40]; inks = [trace(t) for t in thin]; people = {str(k): np.stack([outline(inks[list(labels).index(k)].strokes)]) for k in set(labels)}
    trial = Trial(thin, labels, Judge.from_pretrained(), people); m = trial.measure(inks, 2.)
    assert m.length == 1 and m.ms == 50 and m.hard < 1e-3 and m.soft < .01 and m.read > .8 and m.strokes >= 1 and 0 < m.start <= 1
    assert math.isnan(Trial(thin, labels, small()).measure(inks).start) and trial.measure([Ink([])]*40).length == 0
    with pytest.raises(BadInput): trial.measure(inks[1:])

def test_the_table():
    text = table({'a': Measures(read=.98765, length=1.), 'b': Measures()}).splitlines()
    assert len({line.count('|') for line in text}) == 1 and '98.77%' in text[2] and text[3].count('–') == len(Measures._fields) and 'nan' not in '\n'.join(text)
