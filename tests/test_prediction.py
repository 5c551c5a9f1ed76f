"Prediction networks: the same numbers by a second way, gradients, windows over time, files from outside."
import json, pickle
import numpy as np, pytest, torch, torch.nn as nn
from dataclasses import replace
from hypothesis import given, settings, strategies as st
from handwriting_nb import from_nothing
from handwriting_nb.from_nothing import MODELS, PredictionRecipe, PredictionRun, Windows, continued, evaluate, from_pretrained, model_table, train_lines, write
from handwriting_nb.ink import BadInput
from handwriting_nb.mdn import nats
from handwriting_nb.prediction import PredictionNetwork, load_prediction
from handwriting_nb.training import collate, dropped, Example, load_checkpoint, scaled, sheared

SMALL = dict(layers=2, hidden=7, gaussians=3)
TINY = dict(hidden=12, layers=2, gaussians=3, steps=12, batch=8, every=6)
cells = pytest.mark.parametrize('cell', ['lstm', 'gru'])

def network(**k): torch.manual_seed(0); return PredictionNetwork(**{**SMALL, **k}).double()
def points(n=20, batch=3, seed=0):
    g = torch.Generator().manual_seed(seed); x = torch.randn(n, batch, 3, generator=g).double(); x[..., 2] = (x[..., 2] > .5).double(); return x

def by_cells(net, x, label=None):
    "An independent computation: nn.LSTMCell or nn.GRUCell, layer by layer, point by point"
    cells = [(nn.LSTMCell if isinstance(l, nn.LSTM) else nn.GRUCell)(l.input_size, l.hidden_size).double() for l in net.stack]
    for c, l in zip(cells, net.stack): c.load_state_dict({k[:-3]: v for k, v in l.state_dict().items()})
    told = torch.zeros(x.shape[1], 0).double() if label is None else torch.eye(net.labels).double()[label]; s, out = [None]*len(cells), []
    for p in x:
        h, hs = None, []
        for k, c in enumerate(cells):
            s[k] = c(torch.cat([p, told]+([h] if k else []), 1), s[k]); h = s[k][0] if isinstance(c, nn.LSTMCell) else s[k]; hs.append(h)
        out.append(torch.cat(hs, 1)@net.out.weight.t()+net.out.bias)
    return torch.stack(out)

@cells
@pytest.mark.parametrize('labels', [0, 10])
@pytest.mark.parametrize('gaussians', [0, 3])
def test_against_cells_whole_and_step_by_step(cell, labels, gaussians):
    net, x = network(cell=cell, labels=labels, gaussians=gaussians, bits=2), points(); label = torch.tensor([0, 9, 4]) if labels else None
    with torch.no_grad():
        golden, (whole, end) = by_cells(net, x, label), net(x, label); state, steps = None, []
        for p in x: raw, state = net(p[None], label, state); steps.append(raw)
    assert whole.shape[-1] == (20 if gaussians else 4)
    for other in (golden, torch.cat(steps)): assert torch.allclose(whole, other, atol=1e-12)
    flat = lambda s: torch.cat([t.flatten() for layer in s for t in (layer if isinstance(layer, tuple) else [layer])])
    assert torch.allclose(flat(end), flat(state), atol=1e-12)

@cells
@pytest.mark.parametrize('gaussians', [0, 2])
def test_gradients(cell, gaussians):
    net, x = network(cell=cell, hidden=3, gaussians=gaussians), points(4, 2); weights = [*net.parameters()]; mask = torch.tensor([[1., 1], [1, 1], [1, 0], [0, 0]]).double()
    def loss(*w): raw, _ = torch.func.functional_call(net, dict(zip([k for k, _ in net.named_parameters()], w)), (x,)); return net.loss(raw, x.roll(-1, 0), mask)
    assert torch.autograd.gradcheck(loss, weights)

@cells
def test_gradients_of_the_single_step(cell):
    net, x = network(cell=cell, hidden=3), points(1, 2).requires_grad_(); state = tuple(tuple(torch.randn(1, 2, 3).double().requires_grad_() for _ in range(2)) if cell == 'lstm'
                                                                                       else torch.randn(1, 2, 3).double().requires_grad_() for _ in range(2))
    flat = [t for s in state for t in (s if isinstance(s, tuple) else [s])]
    pack = lambda f: tuple(zip(f[::2], f[1::2])) if cell == 'lstm' else tuple(f)
    assert torch.autograd.gradcheck(lambda x, *f: net(x, state=pack(f))[0], (x, *flat))

def test_losses_by_hand():
    net, y = network(), points(seed=1); raw, _ = net(points()); mask = (torch.rand(20, 3) > .3).double()
    assert torch.allclose(net.losses(raw, y), nats(raw, y)) and torch.allclose(net.loss(raw, y, mask), nats(raw, y)[mask > 0].mean())
    flat = network(gaussians=0); raw, _ = flat(points()); r, t = raw.detach().numpy(), y.numpy(); p = 1/(1+np.exp(-r[..., 2]))
    expect = ((r[..., :2]-t[..., :2])**2).sum(-1)-np.where(t[..., 2] > .5, np.log(p), np.log(1-p))
    assert np.allclose(flat.losses(raw, y).detach(), expect)

def test_dropout_only_while_it_learns():
    net = network(dropout=.5); x = points()
    assert not torch.equal(net(x)[0], net(x)[0]); net.eval(); assert torch.equal(net(x)[0], net(x)[0])

def test_a_label_is_wanted():
    with pytest.raises(BadInput, match='label from 0 to 9'): network(labels=10)(points())
    with pytest.raises(BadInput, match='lstm or gru'): PredictionNetwork('rnn')

# Windows over time

def truncated(net, x, chunk, by):
    "Losses' outputs window by window, as a run computes them, and the gradient of their sum"
    state, out = None, []
    for a in range(0, max(1, len(x)-chunk+by), by):
        w = x[a:a+chunk]; raw, state = net(w[:by], state=state)
        if len(w) > by: raw = torch.cat([raw, net(w[by:], state=state)[0]])
        out.append(raw[chunk-by if a else 0:]); state = from_nothing._unpacked(from_nothing._packed(state))
    return torch.cat(out)

@cells
@pytest.mark.parametrize('chunk,by', [(5, 5), (7, 7), (8, 1), (8, 3), (20, 20), (50, 50)])
def test_windows_give_the_whole_forward(cell, chunk, by):
    net, x = network(cell=cell), points()
    assert torch.allclose(truncated(net, x, chunk, by), net(x)[0], atol=1e-12)

@cells
def test_gradient_of_the_last_chunk(cell):
    "What the last chunk gives is the gradient of the last points with the state before them held fixed"
    net, x = network(cell=cell), points(); flat = lambda: torch.autograd.grad(out.square().sum(), [*net.parameters()])
    out = truncated(net, x, 5, 5)[-5:]; ours = flat()
    with torch.no_grad(): _, state = net(x[:15])
    out = net(x[15:], state=state)[0]; theirs = flat()
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(ours, theirs))

def test_a_sliding_window_is_the_whole_gradient_if_it_is_long_enough():
    net, x = network(), points(10); grads = [torch.autograd.grad(o.square().sum(), [*net.parameters()]) for o in (truncated(net, x, 10, 1), net(x)[0])]
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(*grads))

@settings(deadline=None, max_examples=40)
@given(st.integers(3, 12), st.data(), st.lists(st.integers(2, 40), min_size=3, max_size=9))
def test_windows_visit_each_point_once(chunk, data, lengths):
    by = data.draw(st.integers(1, chunk)); rng = np.random.default_rng(0)
    lines = [Example(str(k), np.float32(rng.normal(size=(n, 3)))) for k, n in enumerate(lengths)]
    w = Windows(lines, PredictionRecipe(batch=4, chunk=chunk, slide=by)); seen = {e.text: [] for e in lines}
    for step in range(w.per_epoch):
        for e in w[step]:
            assert len(e.offsets) <= chunk+1
            new = e.offsets[1:] if w.where(step)[1] == 0 else e.offsets[1+chunk-by:]
            seen[e.text].extend(new.tolist())
    assert all(np.array_equal(seen[e.text], e.offsets[1:].tolist()) for e in lines)

@pytest.mark.parametrize('how', [dict(), dict(chunk=5), dict(chunk=6, slide=2), dict(noise=.2, scale=.2, shear=.2, drop=.2, dropout=.2), dict(gaussians=0, cell='gru', chunk=5, noise=.1)])
def test_a_run_goes_on_exactly(tmp_path, lines, how):
    r = PredictionRecipe(**{**TINY, **how})
    for folder, stops in ('a', [12]), ('b', [5, 7, 12]):
        for s in stops: run = PredictionRun(tmp_path/folder, lines, lines[:4], r); run.train(until=s, quiet=True)
    a, b = (load_checkpoint(tmp_path/f/'checkpoint.safetensors') for f in 'ab')
    assert all(torch.equal(v, b[0][k]) for k, v in a[0].items()) and [x['loss'] for x in a[1]['rows']] == [x['loss'] for x in b[1]['rows']]

def test_a_chunked_run_takes_the_steps_of_a_plain_loop(tmp_path, lines):
    r = PredictionRecipe(**TINY, chunk=5); run = PredictionRun(tmp_path, lines, lines[:4], r); net = r.network(); net.load_state_dict(run.net.state_dict())
    opt, state = torch.optim.Adam(net.parameters(), r.rate), None
    for step in range(4):
        for g in opt.param_groups: g['lr'] = r.lr(step)
        if run.batches.where(step)[1] == 0: state = None
        b = collate(run.batches[step], None, net.unit, 1); raw, state = net(b.x, state=state); state = tuple((h.detach(), c.detach()) for h, c in state)
        opt.zero_grad(); net.loss(raw, b.y, b.mask).backward(); nn.utils.clip_grad_norm_(net.parameters(), r.clip); opt.step(); run.update()
    for p, q in zip(net.parameters(), run.net.parameters()): assert torch.allclose(p, q, atol=1e-5)

def test_a_recipe_of_another_kind_is_refused(tmp_path, lines):
    PredictionRun(tmp_path, lines, lines[:4], PredictionRecipe(**TINY)).checkpoint()
    with pytest.raises(BadInput, match='another'): PredictionRun(tmp_path, lines, lines[:4], PredictionRecipe(**{**TINY, 'cell': 'gru'}))
    with pytest.raises(BadInput, match='another'):
        from handwriting_nb.training import Run
        Run(tmp_path, lines, lines[:4])
    for wrong in (dict(chunk=5, slide=6), dict(chunk=5, drop=.1), dict(chunk=5, bits=2)):
        with pytest.raises(BadInput, match='window'): PredictionRun(tmp_path/'w', lines, lines[:4], PredictionRecipe(**{**TINY, **wrong}))

# Augmentation

@given(st.integers(2, 40), st.floats(0, .9), st.integers(0, 9))
def test_dropped_points_move_no_stroke(n, share, seed):
    rng = np.random.default_rng(seed); x = np.float32(np.column_stack([rng.normal(size=(n, 2)), rng.random(n) < .3])); y = dropped(x, share, rng); p, q = np.cumsum(x[:, :2], 0), np.cumsum(y[:, :2], 0)
    assert len(y) <= n and np.allclose(q[y[:, 2] > 0], p[x[:, 2] > 0], atol=1e-4) and y.dtype == np.float32
    assert all(np.abs(p-point).sum(1).min() < 1e-3 for point in q)

@given(st.floats(.2, 5), st.floats(-1, 1))
def test_scale_and_shear_are_linear(by, k):
    x = np.float32(np.random.default_rng(0).normal(size=(9, 3)))
    assert np.allclose(scaled(scaled(x, by), 1/by), x, atol=1e-4) and np.allclose(sheared(x, k)[:, 0], x[:, 0]+k*x[:, 1], atol=1e-5) and np.array_equal(sheared(x, k)[:, 1:], x[:, 1:])

# Writing

@cells
def test_a_line_is_the_same_alone_and_in_company(cell):
    net = network(cell=cell, floor=.01).float(); prime = np.float32(points(9, 1)[:, 0])
    many = write(net, 30, 0., [1, 2, 3], [None, prime, prime[:4]])
    for k, (seed, p) in enumerate([(1, None), (2, prime), (3, prime[:4])]): assert np.allclose(write(net, 30, 0., [seed], [p])[0], many[k], atol=1e-3)
    assert [len(x) for x in many] == [30, 39, 34] and np.array_equal(many[1][:9], prime)

@pytest.mark.parametrize('n,bias', [(0, 1), (-3, 1), (1.5, 1), (10**9, 1), ('a', 1), (9, -1), (9, float('nan')), (9, float('inf'))])
def test_lengths_and_biases_that_make_no_sense(n, bias):
    with pytest.raises(BadInput): write(network().float(), n, bias)

def test_evaluate_does_not_depend_on_the_batch(lines):
    net = network().float(); assert np.allclose([*evaluate(net, lines, 3).values()], [*evaluate(net, lines, 40).values()], rtol=1e-5)

# Files and names

def test_saved_and_loaded(tmp_path):
    net = network(cell='gru', labels=10, bits=2, dropout=.1, data='made up').float(); net.unit[:] = torch.tensor([.123456, 7.]); net.save(tmp_path/'n.safetensors'); again = load_prediction(tmp_path/'n.safetensors')
    assert again.config == net.config and torch.equal(again.unit, net.unit) and not again.training
    for k, v in net.state_dict().items(): assert (again.state_dict()[k]-v).abs().max() < 1e-3

@pytest.mark.parametrize('config', ['[]', '{', '{}', '{"cell": "lstm", "hidden": 1e99}', '{"cell": "lstm", "hidden": 100000000}', '{"cell": "rnn"}', '{"cell": ["lstm"]}', '{"cell": "gru", "hidden": "7"}',
                                    '{"cell": "gru", "hidden": 2.5}', '{"cell": "gru", "labels": -1}', '{"cell": "lstm", "dropout": 2}', '{"cell": "lstm", "layers": 2, "hidden": 8}'])
def test_hostile_configurations(tmp_path, config):
    network().float().save(tmp_path/'n.safetensors'); (tmp_path/'n.json').write_text(config)
    with pytest.raises(BadInput): load_prediction(tmp_path/'n.safetensors')

def test_torn_weights(tmp_path):
    network().float().save(tmp_path/'n.safetensors'); whole = (tmp_path/'n.safetensors').read_bytes()
    for torn in (b'', whole[:20], whole[:-10], pickle.dumps({'unit': 1})):
        (tmp_path/'n.safetensors').write_bytes(torn)
        with pytest.raises(BadInput): load_prediction(tmp_path/'n.safetensors')
    (tmp_path/'n.safetensors').unlink()
    with pytest.raises(BadInput, match='no weights'): load_prediction(tmp_path/'n.safetensors')

def test_wrong_names(tmp_path):
    for name in ('line-lmst', '', None, '../writer', 7):
        with pytest.raises(BadInput, match='prediction network'): from_pretrained(name)
    with pytest.raises(BadInput, match='line-lstm, line-gru, line-l2'): train_lines('line', tmp_path)
    with pytest.raises(BadInput, match='no such entry'): train_lines('line-gru', tmp_path, cel='lstm')
    assert not any(tmp_path.iterdir())

def test_a_model_missing_from_the_package_is_said_to_be(monkeypatch, tmp_path):
    monkeypatch.setattr(from_nothing, '_FOLDER', tmp_path)
    with pytest.raises(BadInput, match='train it'): from_pretrained('line-gru')
    network().float().save(tmp_path/'line-gru.safetensors'); assert from_pretrained('line-gru').config['layers'] == 2
    with pytest.raises(BadInput, match='there are line-gru;'): from_pretrained('line')

def test_packaged_networks_know_how_they_came_about():
    table = model_table(); assert [*table] == ['line-lstm', 'line-gru', 'line-l2']
    for name, about in table.items(): assert about['data'] == 'IAM-OnDB' and about['lines'] == 8000 and repr(name) in about['command'] and about['seconds'] > 0 and about['weights'] > 400_000
    assert table['line-l2']['gaussians'] == 0 and table['line-l2']['inside'] > 0
