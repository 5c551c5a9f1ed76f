"Properties of mixtures, window, networks and sampling that do not belong on a page."
import subprocess, sys
from functools import partial
import numpy as np, pytest, torch
from hypothesis import given, settings, strategies as st
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.mdn import biased, draw, mixture, nats
from handwriting_nb.networks import SynthesisNetwork, load
from handwriting_nb.sampling import Stepper, cut, padded, sample
from handwriting_nb.fast import FastStepper
from handwriting_nb.window import Alphabet, encode, fold
from handwriting_nb.writer import WIDTH, Writer, lines_of

number = lambda a, b: st.floats(a, b, width=32)

@settings(deadline=None, max_examples=200)
@given(number(-30, 30), number(-30, 30), number(-7.25, 7.25), number(-1e6, 1e6), number(-1e6, 1e6), number(-1e6, 1e6), number(-50, 50), st.booleans())
def test_nats_are_finite_with_finite_gradients(sx, sy, r, mu, dx, dy, pi, eos):
    raw = torch.tensor([pi, pi, -pi, mu, dx, 0., dy, sx, sy, sy, sx, r, -r], requires_grad=True)
    loss = nats(raw, torch.tensor([dx, dy, float(eos)])); loss.backward()
    assert loss.isfinite() and raw.grad.isfinite().all()

def test_nats_against_the_formula_in_a_second_way():
    "One Gaussian, one coin, by numpy"
    rng = np.random.default_rng(0)
    for _ in range(50):
        e, mx, my, sx, sy, r, x, y = rng.normal(size=8); rho = np.tanh(r); C = np.array([[np.exp(2*sx), rho*np.exp(sx+sy)], [rho*np.exp(sx+sy), np.exp(2*sy)]]); d = np.array([x-mx, y-my])
        expect = .5*d@np.linalg.solve(C, d)+.5*np.log(np.linalg.det(2*np.pi*C))-np.log(1/(1+np.exp(-e)))
        got = nats(torch.tensor([e, 0., mx, my, sx, sy, r]), torch.tensor([x, y, 1.])); assert abs(got.item()-expect) < 1e-6

def test_draw_follows_correlation():
    m = mixture(torch.tensor([0., 0., 1., -1., .3, -.2, 1.2]).expand(40000, -1)); g = torch.Generator().manual_seed(0)
    p = draw(m, torch.rand(40000, 2, generator=g), torch.randn(40000, 2, generator=g))
    assert abs(np.corrcoef(p[:, :2].T)[0, 1]-np.tanh(1.2)) < .01 and abs(p[:, 2].mean()-.5) < .02
    assert biased(m, torch.full((40000, 1), 2.)).log_sigma.shape == m.log_sigma.shape

@given(st.text(max_size=30))
def test_encode_names_what_it_cannot_write(text):
    a = Alphabet('abc '); bad = [i for i, c in enumerate(text) if c not in 'abc ']
    if not bad: assert a.decode(encode(a, text)) == text
    else:
        with pytest.raises(BadInput, match=f'at position {bad[0]+1} '): encode(a, text)

@given(st.text(alphabet='ab \n', max_size=200), st.integers(1, WIDTH))
def test_lines_keep_every_word(text, width):
    if not text.strip(): return
    lines = lines_of(text, width); assert all(len(l) <= width for l in lines)
    assert ''.join(''.join(lines).split()) == ''.join(text.split())

@given(st.integers(0, 60), st.integers(1, 20), st.integers(0, 5))
def test_cut_stops_with_the_pen_up_once_the_window_has_passed(first, more, seed):
    rng = np.random.default_rng(seed); eos = rng.random(first+more) < .3; looks = np.where(np.arange(first+more) < first, 0, 9)
    n = cut(looks, 9, eos)
    if n is not None: assert 0 < n <= first+more and (eos[n-1] or n >= first)

@pytest.fixture(scope='module')
def net(): torch.manual_seed(0); return SynthesisNetwork(' abc', hidden=24, layers=3, gaussians=4, bits=2, floor=1e-3)

@pytest.mark.parametrize('batch', [1, 3])
def test_fast_stepper_takes_the_same_steps(net, batch):
    ids = torch.tensor([[1, 2, 3, 0], [4, 0, -1, -1], [2, 2, 0, -1]])[:batch]; rng = np.random.default_rng(0); bias = np.linspace(0, 1, batch, dtype=np.float32)
    u, z = rng.random((32, batch, 3), dtype=np.float32), rng.standard_normal((32, batch, 2), dtype=np.float32); a, b = Stepper(net), FastStepper(net, int8=False)
    for s in (a, b): s.begin(ids)
    for one, other in zip(a.run(u, z, bias), b.run(u, z, bias)): assert np.abs(one-other).max() < 1e-3

def numbers(state):
    "Those of a `State`, or of a `Standing`"
    state = state.state() if hasattr(state, 'state') else state; return [t.numpy() for t in (*state.first, *(t[0] for layer in state.upper for t in layer))]

@pytest.mark.parametrize('stepper', [Stepper, partial(FastStepper, int8=False)])
def test_given_points_are_followed(net, stepper):
    ids, x = np.array([[1, 2, 3, 0], [4, 0, -1, -1]]), np.random.default_rng(0).standard_normal((9, 2, 3)).astype(np.float32)
    with torch.no_grad(): theirs = net(torch.from_numpy(x[:-1]), ids)[2]
    s = stepper(net); s.begin(ids, x=x[0]); s.read(x[1:4]); s.read(x[4:4]); s.read(x[4:]); ours, last = s.stand(); far = zip(numbers(ours), numbers(theirs), strict=True)
    assert np.allclose(last, x[-1]) and all(np.allclose(a, b, atol=1e-5) for a, b in far)
    s.begin(ids, ours, last); assert all(np.array_equal(a, b) for a, b in zip(numbers(s.stand()[0]), numbers(ours)))

@pytest.mark.parametrize('int8', [False, True])
def test_the_fast_stepper_goes_on_from_a_state_of_pytorch(net, int8):
    ids, x = np.array([[1, 2, 3, 0], [4, 0, -1, -1]]), np.random.default_rng(0).standard_normal((9, 2, 3)).astype(np.float32)
    slow, fast = Stepper(net), FastStepper(net, int8); slow.begin(ids, x=x[0]); slow.read(x[1:]); state, last = slow.stand(); fast.begin(ids, state, last)
    here, there = fast.stand(); assert np.allclose(there, last) and all(np.allclose(a, b, atol=.5/63+1e-6 if int8 else 1e-6) for a, b in zip(numbers(here), numbers(state)))

@pytest.mark.parametrize('stepper', [Stepper, FastStepper])
def test_lines_can_be_picked_out_and_put_beside_others(net, stepper):
    ids, x = np.array([[1, 2, 3, 0], [4, 0, -1, -1]]), np.random.default_rng(0).standard_normal((9, 2, 3)).astype(np.float32)
    s = stepper(net); s.begin(ids, x=x[0]); s.read(x[1:]); both = s.stand()[0]; apart = [both.rows([k]) for k in (1, 0)]
    again = apart[0].beside(apart[1], both); assert all(np.array_equal(a, b[[1, 0, 0, 1]]) for a, b in zip(numbers(again), numbers(both)))

def test_each_line_may_have_a_prime_of_its_own(net):
    loop = Ink([[(t, np.sin(t)*4) for t in range(12)]], 'ab'); bend = Ink([[(t, -t*t/5) for t in range(15)]], 'c')
    fast, texts, primes = FastStepper(net), ['a', 'bc', 'abc'], [loop, None, bend]
    together = sample(net, texts, .5, 3, primes, fast)
    for k, t in enumerate(together): assert np.array_equal(t.offsets[:12], sample(net, [texts[k]], .5, [3+k], [primes[k]], fast)[0].offsets[:12])

@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=5))
def test_padding_fills_up_with_minus_one(rows):
    out = padded([np.array(r) for r in rows]); assert out.dtype == np.int64 and [[*r[r >= 0]] for r in out] == rows

@pytest.mark.parametrize('command', ['write', 'page'])
def test_lines_and_pages_are_written_without_pytorch(tmp_path, command):
    code = "import sys; sys.modules['torch'] = None; from handwriting_nb.cli import main; sys.argv = ['handwriting', *sys.argv[1:]]; main()"
    words = [command, 'Jon Snow\nand nobody else', '--seed', '4', '-o', str(tmp_path/'a.svg')]; subprocess.run([sys.executable, '-c', code, *words], check=True)
    writer = Writer.from_pretrained(); ink = (writer if command == 'write' else writer.page)('Jon Snow\nand nobody else', seed=4)
    assert (tmp_path/'a.svg').read_text() == ink.svg()      # and the ink is the same

def test_random_network_always_comes_to_an_end(net):
    out = sample(net, ['a', 'abc abc'], bias=0., seeds=1, limit=5); assert len(out) == 2 and all(len(t.offsets) <= 40+5*7+16 for t in out)

def test_writer_takes_one_to_sixty_characters():
    w = Writer.from_pretrained()
    for text in ('a', 'I', 'the '*14+'the'): assert w.trace(text, seed=0).ended
    assert all(c in w.network.alphabet for c in 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?\'"-() ')

def test_hostile_weights(tmp_path, net):
    net.save(tmp_path/'n.safetensors')
    for name, config in {'a': '[]', 'b': '{"alphabet": "ab", "hidden": 1e99}', 'c': '{', 'd': '{"alphabet": "ab", "hidden": 100000000}'}.items():
        (tmp_path/f'{name}.safetensors').write_bytes((tmp_path/'n.safetensors').read_bytes()); (tmp_path/f'{name}.json').write_text(config)
        with pytest.raises(BadInput): load(tmp_path/f'{name}.safetensors')
    import pickle; (tmp_path/'p.safetensors').write_bytes(pickle.dumps({'recur': 1})); (tmp_path/'p.json').write_text((tmp_path/'n.json').read_text())
    with pytest.raises(BadInput): load(tmp_path/'p.safetensors')
