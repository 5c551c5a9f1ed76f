"Twenty points: the network in both its forms, what it draws, its recipes, files, and the numbers by which it is measured"
import json, numpy as np, pytest, torch
from dataclasses import replace
from handwriting_nb import twenty_points
from handwriting_nb.digits import trace
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.line_model import LineModel
from handwriting_nb.twenty_points import *

TINY = Experiment(hidden=12, batch=10, steps=4, seconds=30)

def a_net(nets=1, hidden=12, seed=0, **how): torch.manual_seed(seed); return TwentyPoints(hidden, nets, **how).eval()

@pytest.fixture(scope='module')
def digits():
    rng = torch.Generator().manual_seed(0)
    return torch.rand(60, 28, 28, generator=rng) < .05, torch.arange(60) % 10

@pytest.fixture(scope='module')
def people():
    t = np.linspace(0, 6, 20); loop = np.stack([.5+.3*np.cos(t), .5+.4*np.sin(t)], 1)
    return [Ink([loop], '0'), Ink([loop[:8], loop[8:]], '4')]

@pytest.fixture
def fitted(digits): return fit(TINY, *digits, silent=True)

# the network

@pytest.mark.parametrize('nets', [1, 10])
def test_shapes_and_range(digits, nets):
    points, pen = a_net(nets)(*digits)
    assert points.shape == (60, 20, 2) and pen.shape == (60, 20)
    assert 0 <= points.min() and points.max() <= 27 and 0 <= pen.min() and pen.max() <= 1

@pytest.mark.parametrize('nets', [1, 10])
def test_an_answer_does_not_depend_on_its_company(digits, nets):
    net, (pictures, labels) = a_net(nets), digits; together = net(pictures, labels)[0]
    mixed = torch.randperm(60, generator=torch.Generator().manual_seed(2))[:7]
    assert torch.allclose(together[mixed], net(pictures[mixed], labels[mixed])[0], atol=1e-4)
    assert torch.allclose(together[3:4], net(pictures[3:4], labels[3:4])[0], atol=1e-4)

def masked(net):
    "The weights of one network of ten times the size, zero wherever two digits would meet"
    def blocks(w): return torch.block_diag(*w)
    return [blocks(w) for w in (net.look, net.first, *net.upper, net.out)]

def test_ten_networks_are_one_masked_network(digits):
    "The same arithmetic step by step, all gates of all digits in one matrix with blocks on its diagonal"
    net, (pictures, labels) = a_net(10), digits; H = net.hidden
    with torch.no_grad():
        look, first, up2, up3, out = masked(net); x = torch.cat([pictures.flatten(1), torch.nn.functional.one_hot(labels, 10)], 1).float()
        only = torch.nn.functional.one_hot(labels, 10).float()       # each digit is shown to its own part alone
        spread = lambda v: (only[:, :, None]*v[:, None]).flatten(1); bias = net.bias.flatten(1)
        wide = lambda parts: torch.cat([p.view(60, 10, -1) for p in parts], -1).flatten(1)
        h, c, last, points = [torch.zeros(60, 10*H)]*3, [torch.zeros(60, 10, H)]*3, torch.zeros(60, 30), []
        for _ in range(20):
            for k, w in enumerate((first, up2, up3)):
                inputs = [last, h[0]] if k == 0 else [last, h[k-1], h[k]]
                gates = wide(inputs)@w+bias[k]+(spread(x)@look if k == 0 else 0)
                cell = twenty_points._cell(gates.view(60, 10, 4*H), c[k]); h[k], c[k] = cell[0].flatten(1), cell[1]
            last = (h[2]@out+net.out_bias.flatten()).sigmoid(); points.append(last.view(60, 10, 3)[torch.arange(60), labels, :2])
        assert torch.allclose(torch.stack(points, 1)*27, net(pictures, labels)[0], atol=1e-3)

def test_a_digit_teaches_only_its_own_network(digits):
    net = a_net(10); pictures, labels = digits; threes = labels == 3
    net(pictures[threes], labels[threes])[0].square().sum().backward()
    for w in (net.look, net.first, *net.upper, net.out):
        touched = w.grad.abs().amax((1, 2)) > 0; assert touched.tolist() == [k == 3 for k in range(10)]

def test_no_digits(): assert a_net(10)(torch.zeros(0, 28, 28), torch.zeros(0, dtype=torch.int64))[0].shape == (0, 20, 2)

def test_dropout_only_while_training(digits):
    net = a_net(dropout=.5); assert torch.equal(net(*digits)[0], net(*digits)[0])
    net.train(); assert not torch.equal(net(*digits)[0], net(*digits)[0])

# drawing, losses

@pytest.mark.parametrize('line', ['learned', 'grid', 'distance'])
@pytest.mark.parametrize('join', ['max', 'sum'])
def test_every_line_has_a_gradient(digits, line, join):
    net, model = a_net(), LineModel().requires_grad_(False); recipe = replace(TINY, line=line, join=join, length=.01, angle=.01)
    error, loss = losses(recipe, *net(*digits), digits[0].float(), model); loss.backward()
    assert loss > error > 0 and all(p.grad.isfinite().all() for p in net.parameters())
    assert net.out.grad[..., :2].abs().sum() > 0 and net.out.grad[..., 2].abs().sum() > 0

@pytest.mark.parametrize('line, wrong', [('learned', 'line_model'), ('curve', 'curve')])
def test_lines_that_cannot_be_drawn(line, wrong):
    with pytest.raises(BadInput, match=wrong): drawn(torch.zeros(1, 20, 2), torch.ones(1, 20), line)

def test_a_lifted_pen_draws_nothing():
    points = torch.rand(3, 20, 2)*27
    for line in 'grid', 'distance': assert drawn(points, torch.zeros(3, 20), line).abs().max() < 1e-6

def test_losses_at_rest_are_finite():
    points = torch.full((2, 20, 2), 5., requires_grad=True); (way(points)+turn(points)).sum().backward()
    assert points.grad.isfinite().all() and way(points).max() < .03

def test_turn_of_there_and_back():
    there = torch.tensor([[[0., 0], [10, 0], [0, 0], [10, 0]]]); assert abs(turn(there)-2) < 1e-3

# ink

@pytest.mark.parametrize('up, sizes', [([], [20]), ([19], [20]), ([4], [5, 15]), ([0], [19]), ([4, 5], [5, 14]), (range(20), [])])
def test_strokes_end_where_the_pen_is_lifted(up, sizes):
    pen = np.ones(20); pen[list(up)] = .4; ink = to_ink(np.random.rand(20, 2), pen, '3')
    assert [len(s) for s in ink.strokes] == sizes and ink.text == '3'

def test_ink_to_twenty_points_and_back(people):
    for ink in people:
        points, pen = twenty(ink); again = to_ink(points, pen, ink.text)
        assert [len(s) for s in again.strokes] == [len(s) for s in ink.strokes] and np.allclose(again.points, ink.points, atol=1e-5)

def test_inks_of_many(digits):
    net = a_net(); inks = net.inks(*digits, some=7); assert len(inks) == 60 and [i.text for i in inks[:3]] == ['0', '1', '2']

# training

@pytest.mark.parametrize('change', [{}, dict(per_digit=True), dict(dropout=.3), dict(human=True), dict(blanks=.2), dict(line='grid', join='sum'), dict(line='learned')])
def test_every_experiment_trains(digits, people, change):
    net = fit(replace(TINY, **change), *digits, LineModel().requires_grad_(False), people, silent=True)
    assert net.history[-1][0] == 40 and not net.training and all(np.isfinite(e) for _, e in net.history)
    assert all(p.isfinite().all() for p in net.parameters())

def test_same_seed_same_network(digits):
    recipe = replace(TINY, blanks=.2, dropout=.2)
    a, b, c = (fit(replace(recipe, seed=s), *digits, silent=True).look for s in (0, 0, 1))
    assert torch.equal(a, b) and not torch.equal(a, c)

def test_training_lowers_the_error(people):
    pictures, labels, *_ = human_examples(people, 60)
    net = fit(Experiment(hidden=24, batch=50, steps=100, rate=1e-2, seconds=120), pictures, labels, silent=True)
    assert np.mean([e for _, e in net.history[-10:]]) < .96*pictures.float().mean()

def test_time_is_a_limit(digits):
    net = fit(replace(TINY, steps=0, seconds=.3), *digits, silent=True); assert 0 < net.history[-1][0] < 10**5

def test_stopping_keeps_what_was_learned(digits, monkeypatch):
    calls, original = [], twenty_points._batch
    def impatient(*a):
        calls.append(1)
        if len(calls) > 3: raise KeyboardInterrupt
        return original(*a)
    monkeypatch.setattr(twenty_points, '_batch', impatient); net = fit(replace(TINY, steps=1000), *digits, silent=True)
    assert not net.training and not torch.equal(net.look, a_net().look)

def test_batches_hold_as_many_of_each(digits):
    pictures, labels = digits; by_label = [(pictures[labels == k], k) for k in range(10)]
    p, k = twenty_points._batch(replace(TINY, batch=40, blanks=.25), by_label, torch.Generator().manual_seed(0))
    assert k.bincount().tolist() == [4]*10 and [((p == v).all(2).all(1)).sum() for v in (0, 1)] == [5, 5]

def test_a_person_is_missing(digits):
    with pytest.raises(BadInput, match='person'): fit(replace(TINY, human=True), *digits, silent=True)

def test_human_examples(people):
    pictures, labels, points, pen = human_examples(people, 30); again = human_examples(people, 30)
    assert pictures.shape == (30, 28, 28) and pictures.dtype == torch.bool and points.shape == (30, 20, 2) and pen.shape == (30, 20)
    assert set(labels.tolist()) == {0, 4} and ((pen == 0).sum(1) == 1+(labels == 4)).all() and torch.equal(points, again[2])
    size = points.amax(1)-points.amin(1); assert torch.allclose(size.amax(1), torch.tensor(18.), atol=1e-3)

# measures

def test_numbers_of_a_perfect_answer(digits):
    class Perfect:
        recipe = TINY
        def __call__(self, p, k): return points.expand(len(p), -1, -1), torch.ones(len(p), 20)
    points = torch.linspace(4, 23, 20)[None, :, None]*torch.tensor([1., 0])+torch.tensor([0., 9])
    mask = torch.zeros(5, 28, 28, dtype=torch.bool); mask[:, 9, 4:24] = True
    m = measure(Perfect(), mask, torch.zeros(5, dtype=torch.int64), some=2)
    assert m['ink'] == pytest.approx(1) and m['turn'] == pytest.approx(0, abs=1e-3) and m['strokes'] == 1 and m['redrawn'] < .004 and m['error'] < .004

def test_measure_of_nothing_drawn(digits):
    class Lifted:
        recipe = TINY
        def __call__(self, p, k): return torch.rand(len(p), 20, 2)*27, torch.zeros(len(p), 20)
    m = measure(Lifted(), *digits); assert m['ink'] == m['turn'] == m['strokes'] == 0 and m['redrawn'] == pytest.approx(digits[0].float().mean().item(), rel=1e-4)

def test_skeleton_length_is_that_of_its_trace():
    m = torch.zeros(12, 12, dtype=torch.bool); m[3, 2:7] = True
    for k in range(1, 5): m[3+k, 6+k] = True
    assert skeleton_length(m).item() == pytest.approx(4+4*2**.5) == pytest.approx(trace(m.numpy()).length())
    assert skeleton_length(torch.stack([m, m.T])).tolist() == pytest.approx([4+4*2**.5]*2)

def test_turning(): assert turning(Ink([[[0, 0], [5, 0], [5, 5], [5, 5], [0, 5]], [[1, 1], [9, 9]]])) == pytest.approx(180)

def test_apart_knows_direction(people):
    ours = people; back = [Ink([s[::-1] for s in i.strokes[::-1]]) for i in people]; moved = [i.shift(1, 0) for i in people]
    assert apart(ours, moved)['points'] == pytest.approx(1, abs=1e-4) and apart(ours, moved)['direction'] == 1
    assert apart(ours, back)['either way'] < 1e-4 < apart(ours, back)['points'] and apart(ours, back) == pytest.approx(apart(back, ours), abs=1e-6)
    half = apart([Ink([]), people[1]], people); assert half['compared'] == .5 and half['points'] == 0
    with pytest.raises(BadInput): apart([Ink([])], people[:1])

# files

def test_save_and_load(fitted, digits, tmp_path):
    fitted.save(tmp_path/'a.safetensors'); again = load_twenty_points(str(tmp_path/'a.safetensors'))
    assert again.recipe == TINY and again.history == fitted.history and not again.training
    assert (again(*digits)[0]-fitted(*digits)[0]).abs().max() < .5
    assert sorted(p.name for p in tmp_path.iterdir()) == ['a.json', 'a.safetensors']

def test_a_training_is_done_once(digits, tmp_path, monkeypatch):
    first = trained('some name', TINY, *digits, folder=tmp_path, silent=True); assert (tmp_path/'some_name.safetensors').is_file()
    other = trained('some name', replace(TINY, seed=1), *digits, folder=tmp_path, silent=True); assert other.recipe.seed == 1
    monkeypatch.setattr(twenty_points, 'fit', None); assert trained('some name', replace(TINY, seed=1), *digits, folder=tmp_path).history == other.history

@pytest.mark.parametrize('change', [{'recipe': {'hidden': 10**9}}, {'recipe': {'hidden': 'x'}}, {'recipe': {'wrong': 1}}, {'recipe': {'hidden': 16}},
                                    {'history': 3}, {'recipe': None}])
def test_bad_descriptions(fitted, tmp_path, change):
    path = tmp_path/'a.safetensors'; fitted.save(path); about = json.loads(path.with_suffix('.json').read_text())
    about.update({k: {**about[k], **v} if isinstance(v, dict) else v for k, v in change.items()}); path.with_suffix('.json').write_text(json.dumps(about))
    with pytest.raises(BadInput, match='a.json') as e: load_twenty_points(path)
    assert '\n' not in str(e.value)

def test_bad_files(fitted, tmp_path):
    path = tmp_path/'a.safetensors'; fitted.save(path); good = path.read_bytes()
    for data in b'', good[:-1], b'\0'*50:
        path.write_bytes(data)
        with pytest.raises(BadInput, match='a.safetensors'): load_twenty_points(path)
    path.with_suffix('.json').write_text('[')
    with pytest.raises(BadInput, match='JSON'): load_twenty_points(path)
    path.with_suffix('.json').write_text('[]'); path.write_bytes(good)
    with pytest.raises(BadInput): load_twenty_points(path)
    with pytest.raises(BadInput, match='cannot read'): load_twenty_points(tmp_path/'none.safetensors')
