"The learned line: its data against OpenCV, shapes, files, and that it learns"
import cv2, numpy as np, pytest, torch
from safetensors.torch import save
from handwriting_nb.ink import BadInput
from handwriting_nb.line_model import LineModel, learned_lines, line_examples, load_line_model, train_line_model
from handwriting_nb.lines import joined

def a_model(seed=0): torch.manual_seed(seed); return LineModel()
def some_segments(*shape): return torch.rand(*shape, 4, generator=torch.Generator().manual_seed(1))*27

@pytest.fixture(scope='module')
def model(): return a_model().eval()

@pytest.fixture
def saved(tmp_path, model): model.save(tmp_path/'a.safetensors'); return tmp_path/'a.safetensors'

# data

def test_examples_are_lines_by_opencv():
    segments, bits, pictures = line_examples(300, np.random.default_rng(3))
    for s, (lifted, _), picture in zip(segments.int().tolist(), bits, pictures):
        true = np.zeros((28, 28), np.uint8)
        if not lifted: cv2.line(true, tuple(s[:2]), tuple(s[2:]), 1)
        assert (picture.numpy() == true).all()

def test_what_examples_hold():
    segments, bits, pictures = line_examples(4000, np.random.default_rng(0))
    assert segments.shape == (4000, 4) and bits.shape == (4000, 2) and pictures.shape == (4000, 28, 28)
    assert {t.dtype for t in (segments, bits, pictures)} == {torch.float32} and pictures.unique().tolist() == [0, 1] == bits.unique().tolist()
    assert segments.min() == 0 and segments.max() == 27 and (segments == segments.round()).all()
    assert .08 < bits[:, 0].mean() < .12 and .45 < bits[:, 1].mean() < .55
    assert (pictures.amax((1, 2)) == 1-bits[:, 0]).all()

def test_same_seed_same_examples():
    a, b, c = (line_examples(20, np.random.default_rng(s)) for s in (7, 7, 8))
    assert all(torch.equal(x, y) for x, y in zip(a, b)) and not torch.equal(a[0], c[0])
    assert [len(t) for t in line_examples(0, np.random.default_rng(0))] == [0, 0, 0]

# the network

@pytest.mark.parametrize('shape', [(), (1,), (3,), (2, 5), (2, 1, 3), (0,), (2, 0)])
def test_any_leading_shape(model, shape):
    y = model(some_segments(*shape)); assert y.shape == (*shape, 28, 28) and ((y >= 0) & (y <= 1)).all()

def test_a_batch_is_its_parts(model):
    s, bits = some_segments(2, 5), (torch.arange(20).view(2, 5, 2) % 3 == 0).float(); y = model(s, bits)
    for i in range(2):
        for k in range(5): assert torch.allclose(y[i, k], model(s[i, k], bits[i, k]), atol=1e-5)

def test_no_bits_is_pen_down(model):
    s = some_segments(3); y = model(s)
    assert torch.equal(y, model(s, torch.zeros(3, 2))) and torch.equal(y, model(s, torch.zeros(2, dtype=torch.int64)))
    assert not torch.allclose(y, model(s, torch.tensor([1., 0.])))

@pytest.mark.parametrize('s', [torch.zeros(3, 2), torch.zeros(()), torch.zeros(2, 4).int(), torch.zeros(4, 5)])
def test_not_segments(model, s):
    with pytest.raises(BadInput): model(s)

def test_odd_segments_have_finite_gradients(model):
    s = torch.tensor([[4., 3, 4, 3], [0, 0, 27, 27], [27, 0, 27, 0], [-90, 4, 300, 4], [13.5]*4, [3.25, 4.75, 3.5, 4.5]], requires_grad=True)
    y = model(s); g, = torch.autograd.grad((y-.3).square().sum(), s); assert y.isfinite().all() and g.isfinite().all() and (g.abs().sum(1) > 0).all()

def test_the_derivative_is_right():
    m = a_model().double(); s, bits = some_segments(2).double().requires_grad_(), torch.rand(2, 2, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s, b: m(s, b)[..., ::9, ::9], (s, bits))

# drawings

@pytest.mark.parametrize('join', ['max', 'sum'])
def test_points_are_joined_to_the_next(model, join):
    points = some_segments(2, 3).view(2, 6, 2); segments = torch.cat([points[:, :-1], points[:, 1:]], -1)
    y = learned_lines(model, points, join=join); assert y.shape == (2, 28, 28) and torch.equal(y, joined(model(segments), join))
    assert torch.equal(y, learned_lines(model, segments, join=join))

def test_pen_is_the_first_bit(model):
    points, pen = some_segments(1, 2).view(1, 4, 2), torch.tensor([[1., 0, .5]]); s = torch.cat([points[:, :-1], points[:, 1:]], -1)
    one_by_one = [model(s[0, k], torch.tensor([1-p, 0])) for k, p in enumerate(pen[0])]
    assert torch.allclose(learned_lines(model, points, pen, 'sum')[0], sum(one_by_one), atol=1e-5)
    assert torch.equal(learned_lines(model, points, 1), learned_lines(model, points))

def test_gradient_reaches_points_and_pen(saved):
    frozen = load_line_model(saved); points, pen = some_segments(1, 2).view(1, 4, 2).requires_grad_(), torch.ones(1, 3, requires_grad=True)
    learned_lines(frozen, points, pen).square().sum().backward()
    assert (points.grad.abs().sum(-1) > 0).all() and pen.grad.abs().sum() > 0 and all(w.grad is None for w in frozen.parameters())

def test_nothing_to_draw(model):
    for points in torch.zeros(0, 3, 2), torch.zeros(2, 1, 2), torch.zeros(2, 0, 4): assert learned_lines(model, points).shape == (len(points), 28, 28)
    with pytest.raises(BadInput): learned_lines(model, torch.zeros(1, 3, 2), join='mean')
    with pytest.raises(BadInput): learned_lines(model, torch.zeros(3, 2))

# training

def test_a_little_training_lowers_the_loss():
    m = a_model(); train_line_model(m, 16*64, batch=16, silent=True); seen, first, last = m.seen, m.history[0][1], m.history[-1][1]
    assert seen == 1024 and last < .5*first and not m.training
    train_line_model(m, 40, batch=16, silent=True); assert m.seen == seen+48 and m.history[-1][1] < first

def test_a_frozen_model_learns_on(saved):
    m = load_line_model(saved); before = m.conv[0].weight.clone(); train_line_model(m, 32, batch=16, silent=True)
    assert not torch.equal(before, m.conv[0].weight)

def test_stopping_keeps_what_was_learned(monkeypatch):
    import handwriting_nb.line_model as module
    def impatient(n, rng, calls=[]):
        calls.append(n)
        if len(calls) > 20: raise KeyboardInterrupt
        return line_examples(n, rng)
    monkeypatch.setattr(module, 'line_examples', impatient); m = a_model(); before = m.conv[0].weight.clone()
    train_line_model(m, 1000, batch=4, silent=True); assert m.seen == 64 and not torch.equal(before, m.conv[0].weight)

# files

def test_save_and_load(saved, model, tmp_path):
    again, s = load_line_model(str(saved)), some_segments(4)
    assert torch.allclose(again(s), model(s), atol=.01) and not any(w.requires_grad for w in again.parameters()) and not again.training
    assert saved.stat().st_size < 10.1e6 and [p.name for p in tmp_path.iterdir()] == ['a.safetensors']
    again.history = [(64, 3.25), (1_600_000, 1.1)]; again.save(saved); third = load_line_model(saved)
    assert third.history == again.history and third.seen == 1_600_000 and torch.equal(third(s), again(s))

def bad_files(good):
    weights = {k: v.half() for k, v in LineModel().state_dict().items()}; history = torch.zeros(1, 2)
    yield from (b'', b'{}', b'\0'*100, good[:-1], good[:1000], b'PK'+good[2:])
    yield save(weights)
    yield save({'history': history})
    yield save({**weights, 'history': torch.zeros(3)})
    yield save({**weights, 'history': torch.full((1, 2), float('nan'))})
    yield save({**weights, 'history': history, 'more': torch.zeros(1)})
    yield save({**weights, 'history': history, 'conv.0.weight': torch.zeros(16, 8, 3, 3)})

def test_bad_files(saved, tmp_path):
    for k, data in enumerate(bad_files(saved.read_bytes())):
        bad = tmp_path/f'{k}.safetensors'; bad.write_bytes(data)
        with pytest.raises(BadInput, match=str(bad)) as e: load_line_model(bad)
        assert '\n' not in str(e.value)
    for path in tmp_path/'none.safetensors', tmp_path:
        with pytest.raises(BadInput, match='cannot read'): load_line_model(path)

def test_nowhere_to_save(model, tmp_path):
    with pytest.raises(BadInput): model.save(tmp_path/'no'/'where.safetensors')
    assert not any(tmp_path.iterdir())
