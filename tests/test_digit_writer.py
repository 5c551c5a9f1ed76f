"Digits from nothing: lessons, ten networks, the end of a digit, numbers on a line, and measures that find a copier out"
from itertools import islice
from types import SimpleNamespace
import numpy as np, pytest, torch
from hypothesis import given, strategies as st
from handwriting_nb import digit_writer
from handwriting_nb.digit_writer import (DigitRecipe, DigitTrial, DigitWriter, LONGEST, TenNetworks, Written, digit_examples, digit_lesson, digit_model_table,
                                         digit_models, digit_run, load_digit_network, in_line, mnist_examples, paced, room, write_digits)
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.prediction import PredictionNetwork

place = st.tuples(*[st.floats(0, 27, width=16)]*2)
strokes = st.lists(st.lists(place, min_size=1, max_size=12), min_size=1, max_size=4)

def small(**how): return PredictionNetwork(**{**dict(layers=2, hidden=12, gaussians=3, bits=2, labels=10, floor=.01), **how})

class Steady(PredictionNetwork):
    "Whatever has been written, it goes (1, 0) on, and tosses coins with these odds for the two ends"
    def __init__(self, p, q):
        super().__init__(layers=1, hidden=1, gaussians=1, bits=2, labels=10)
        self.raw = torch.tensor([np.log(p/(1-p)), np.log(q/(1-q)), 0, 1, 0, -9, -9, 0], dtype=torch.float32); self.most = 0
    def forward(self, x, label, state=None): self.most = max(self.most, x.shape[1]); return self.raw.expand(*x.shape[:2], -1), ()

# Lessons

@given(strokes)
def test_pace_keeps_ends_and_number(strokes):
    ink = Ink(strokes); slow = paced(ink)
    for a, b, s in zip(ink.strokes, slow.strokes, ink.resample(2.).strokes, strict=True):
        assert np.abs(b[0]-a[0]).max() < 1e-3 and np.isfinite(b).all()
        if np.abs(np.diff(a, axis=0)).sum(): assert len(b) == len(s) and np.abs(b[-1]-a[-1]).max() < 1e-3

def test_a_hand_is_slow_in_the_bend():
    corner = Ink([np.r_[np.c_[np.arange(15.), np.zeros(15)], np.c_[np.full(14, 14.), np.arange(1., 15)]]])
    p = paced(corner).points; steps = np.hypot(*np.diff(p, axis=0).T); near = np.abs(p[:-1]-[14, 0]).sum(1) < 3
    assert steps[near].mean() < .7*steps[~near].mean()

def test_lesson_leaves_specks_out():
    line = [(x, 5) for x in range(12)]
    assert len(digit_lesson(Ink([line, [(3, 20)], [(20, 20), (21, 20)]], '1')).strokes) == 1
    assert len(digit_lesson(Ink([[(3, 20)]], '1'))) == 0

def test_examples_say_what_was_left_out():
    line = Ink([[(x, x/2) for x in range(9)]], '7'); long = Ink([[(x, 0) for x in range(LONGEST+1)]], '1')
    kept, out = digit_examples([line, long, Ink(line.strokes), Ink(line.strokes, '12'), Ink([[(0, 0)]], '3')])
    assert [e.text for e in kept] == ['7'] and sum(out.values()) == 4 and len(out) == 3

def test_examples_are_cached_and_a_torn_cache_is_made_again(tmp_path, monkeypatch):
    for name in ('HANDWRITING_CACHE', 'HANDWRITING_DATA'): monkeypatch.setenv(name, str(tmp_path))    # so that the sample in the package is taken
    first = mnist_examples('test', 12); file, = tmp_path.iterdir(); made, work = [], digit_writer._lessons
    same = lambda other: all(a.text == b.text and (a.offsets == b.offsets).all() for a, b in zip(first, other, strict=True))
    monkeypatch.setattr(digit_writer, '_lessons', lambda *args: made.append(1) or work(*args))
    assert same(mnist_examples('test', 12)) and not made
    file.write_bytes(file.read_bytes()[:-40]); assert same(mnist_examples('test', 12)) and made
    assert [*tmp_path.iterdir()] == [file]

# Networks

@pytest.mark.parametrize('cell', ['lstm', 'gru'])
def test_ten_networks_do_not_hear_one_another(cell):
    torch.manual_seed(0); net = TenNetworks(cell=cell, layers=2, hidden=6, gaussians=2, bits=2).double()
    x, label = torch.randn(4, 5, 3).double(), torch.tensor([3, 9, 3, 0, 9]); raw, _ = net(x, label); raw[:, [0, 2]].sum().backward()
    assert {k for k, n in enumerate(net.nets) if any(p.grad is not None and p.grad.abs().sum() > 0 for p in n.parameters())} == {3}

@pytest.mark.parametrize('make', [lambda: small(), lambda: TenNetworks(cell='gru', layers=1, hidden=5, gaussians=2, bits=2, dropout=.2)])
def test_saved_and_loaded(tmp_path, make):
    torch.manual_seed(1); net = make().eval(); net.unit.copy_(torch.tensor([1.5, 1.25])); net.save(tmp_path/'n.safetensors'); again = load_digit_network(tmp_path/'n.safetensors')
    x, label = torch.randn(3, 2, 3), torch.tensor([4, 5])
    assert type(again) is type(net) and again.config == net.config and (again.unit == net.unit).all()
    assert torch.allclose(net(x, label)[0], again(x, label)[0], atol=1e-2)
    assert DigitWriter.from_pretrained(tmp_path/'n.safetensors')('1', seed=0).text == '1'

def ten(tmp_path):
    TenNetworks(layers=1, hidden=3, gaussians=1, bits=2).save(tmp_path/'n.safetensors'); return tmp_path/'n.safetensors', tmp_path/'n.json'

@pytest.mark.parametrize('config', ['{', '[]', '{}', '3', '{"nets": 10}', '{"nets": 9, "cell": "lstm"}', '{"nets": 10, "cell": "lstm", "hidden": 1000000}',
                                    '{"nets": 10, "cell": 5}', '{"nets": 10, "cell": "lstm", "layers": "2"}'])
def test_a_configuration_that_makes_no_sense(tmp_path, config):
    path, side = ten(tmp_path); side.write_text(config)
    with pytest.raises(BadInput): load_digit_network(path)

def test_weights_that_are_torn_missing_or_others(tmp_path):
    path, side = ten(tmp_path); data = path.read_bytes(); path.write_bytes(data[:-7])
    with pytest.raises(BadInput, match='does not hold'): load_digit_network(path)
    path.unlink()
    with pytest.raises(BadInput, match='cannot read'): load_digit_network(path)
    side.unlink()
    with pytest.raises(BadInput, match='cannot read'): load_digit_network(path)
    small(labels=0, bits=1).save(tmp_path/'other.safetensors')
    with pytest.raises(BadInput, match='no writer of digits'): load_digit_network(tmp_path/'other.safetensors')

def test_wrong_name_lists_the_names():
    with pytest.raises(BadInput) as e: DigitWriter.from_pretrained('nobody')
    assert all(n in str(e.value) for n in digit_models() or ['none'])

def test_packaged_writers_know_how_they_came_about():
    table = digit_model_table(); assert [*table] == digit_models() == ['digits', 'digits-gru', 'digits-lstm', 'digits-one-gru']
    for about in table.values(): assert about['data'] == 'MNIST' and about['nats_per_point'] < 0 and about['seconds'] > 0 and about['weights'] > 300_000
    made = lambda command: eval(command.replace('teach_digits(out, ', '(0, '), dict(DigitRecipe=DigitRecipe))[1]
    for about in table.values(): assert all(getattr(made(about['command']), k) == about[k] for k in ('cell', 'layers', 'hidden', 'dropout', 'gaussians', 'floor'))

@pytest.mark.parametrize('each', [False, True])
def test_a_run_goes_on_as_if_it_had_not_stopped(tmp_path, each):
    rng = np.random.default_rng(0); inks = [Ink([np.cumsum(rng.normal(size=(8, 2)), 0)], str(k % 10)) for k in range(40)]
    data, _ = digit_examples(inks); r = DigitRecipe(hidden=5, gaussians=2, dropout=.2, each=each, batch=20, steps=6, every=10**6, minutes=10**6)
    whole = digit_run(tmp_path/'a', data, data[:10], r).train(quiet=True)
    digit_run(tmp_path/'b', data, data[:10], r).train(3, quiet=True); parts = digit_run(tmp_path/'b', data, data[:10], r).train(quiet=True)
    for (k, a), b in zip(whole.state_dict().items(), parts.state_dict().values(), strict=True): assert torch.equal(a, b), k

# Writing

def test_ends_are_tossed_with_one_coin():
    found = write_digits(Steady(.3, .2), [0]*2000, bias=0., seeds=0); n = np.array([len(w.ink)-1 for w in found])
    assert all(w.ended for w in found) and abs(n.mean()-1/.2) < .4                       # as if q alone decided
    more = np.mean([len(w.ink.strokes)-1 for w in found]); assert abs(more-.1/.2) < .1   # strokes that end before: p - q a point

def test_bias_steadies_the_coin():
    often = lambda b: 1/np.mean([len(w.ink)-1 for w in write_digits(Steady(.21, .2), [0]*2000, b, 0)])
    assert abs(often(0)-.2) < .01 and abs(often(1)-1/17) < .005      # odds of 1 to 4 become 1 to 16

def test_a_network_without_a_mixture_writes_too():
    class Exact(PredictionNetwork):
        "A step of (1, 0) each time, the digit ends with odds of 1 to 4"
        def forward(self, x, label, state=None): return torch.tensor([1., 0, np.log(.25), np.log(.25)]).expand(*x.shape[:2], -1), ()
    often = lambda b: 1/np.mean([len(w.ink)-1 for w in write_digits(Exact(layers=1, hidden=1, gaussians=0, bits=2, labels=10), [0]*2000, b, 0)])
    assert abs(often(0)-.2) < .01 and abs(often(1)-1/17) < .005
    straight = write_digits(Exact(layers=1, hidden=1, gaussians=0, bits=2, labels=10), [0], 1., 0)[0].ink.strokes[0]
    assert np.abs(np.diff(straight, axis=0)-[1, 0]).max() < 1e-5      # a bias steadies the coins, and leaves the point where it is

def test_what_does_not_end_is_cut():
    w, = write_digits(Steady(.2, 1e-9), [4], 0., 3); assert not w.ended and 0 < len(w.ink) <= LONGEST+16

def test_memory_is_that_of_a_batch():
    net = Steady(.9, .8); some = DigitWriter(net).digits('7'*10_000, seed=0, batch=50)
    assert net.most == 0 and next(some).ink.text == '7' and net.most == 50
    assert len([*islice(some, 999)]) == 999 and net.most == 50       # and 9,000 are still to come

def test_a_long_number():
    net = Steady(.9, .8); ink = DigitWriter(net)('0123456789'*100, seed=1, width=250)
    assert len(ink.text) == 1003 and ink.text.count('\n') == 3 and net.most == 100

def test_same_seed_same_ink_in_any_batch():
    torch.manual_seed(0); w = DigitWriter(small()); a, b = ([d.ink for d in w.digits('20262026', seed=5, batch=n)] for n in (3, 8))
    for i, j in zip(a, b): assert [len(s) for s in i.strokes] == [len(s) for s in j.strokes] and np.abs(i.points-j.points).max() < 1e-2
    assert w('12', seed=3) == w('12', seed=3) != w('12', seed=4)

@pytest.mark.parametrize('text', ['', ' ', '1 2', 'x', '1.5', '-3', '٣', '²', None, '1\n'])
def test_what_is_no_number(text):
    with pytest.raises(BadInput): DigitWriter(Steady(.5, .5))(text)

@pytest.mark.parametrize('how', [dict(bias=-1), dict(bias=float('nan')), dict(bias=float('inf')), dict(bias='1'), dict(bias=None), dict(seed=-1), dict(seed=1.5), dict(width=0), dict(width=2.5)])
def test_what_makes_no_sense(how):
    with pytest.raises(BadInput): DigitWriter(Steady(.5, .5))('12', **how)
    with pytest.raises(BadInput): DigitWriter(Steady(.5, .5)).sheet(**{'columns' if k == 'width' else k: v for k, v in how.items()})

@given(strokes, strokes)
def test_ink_keeps_its_distance(a, b):
    a, b = Ink(a), Ink(b); at = b.shift(room(a, b, 5.), 0)
    far = np.hypot(*(a.resample(1.).points[:, None].astype(float)-at.resample(1.).points).T).min()
    assert far > 4.98 and at.bounds()[0] >= a.bounds()[2]-3.01

@given(st.lists(strokes, min_size=1, max_size=4))
def test_all_stand_on_the_line(inks):
    line = in_line([Ink(s, str(k)) for k, s in enumerate(inks)]); assert line.text == '0123'[:len(inks)]
    n = np.cumsum([0]+[len(Ink(s).strokes) for s in inks])
    for i, j in zip(n, n[1:]): assert abs(Ink(line.strokes[i:j]).bounds()[3]) < 1e-3

def test_a_sheet_has_its_digits_in_their_places():
    sheet = DigitWriter(Steady(.5, .49)).sheet(3, 4, seed=0, cell=200.); assert sheet.text == '0123\n0123\n0123' and len(sheet.strokes) >= 12
    with pytest.raises(BadInput): DigitWriter(Steady(.5, .5)).sheet(0, 10)

# Measures

def digit(k, rng): return Ink([np.cumsum(rng.normal(size=(14, 2))+[np.cos(k), np.sin(k)], 0)], str(k))

class Stub:
    "A writer that has its digits from somewhere else"
    def __init__(self, pick): self.pick, self.network = pick, small()
    def digits(self, text, bias, seed):
        rng = np.random.default_rng([seed, int(10*bias)]); return (Written(self.pick(int(c), rng), True) for c in text)

def test_a_copier_a_bore_and_an_honest_writer():
    rng = np.random.default_rng(0); train = [[digit(k, rng) for _ in range(40)] for k in range(10)]; test = [digit(k % 10, rng) for k in range(400)]
    trial = DigitTrial(digit_examples(sum(train, []))[0], digit_examples(test)[0], SimpleNamespace(read=lambda p: np.zeros(len(p), int)))
    copier, bore, honest = (trial.measure(Stub(f), 20) for f in (lambda k, r: train[k][r.integers(40)], lambda k, r: train[k][0], digit))
    assert copier.copies == 1 and copier.near < .1 and bore.spread < .01 and honest.copies < .2 and .85 < honest.spread < 1.15 and .8 < honest.near < 1.2
    assert copier.read == .1 and copier.ended == 1
