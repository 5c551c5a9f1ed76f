"The files that a page loads are the networks of the book: led step by step beside PyTorch, and traced beside `Tracer.strokes`."
import json
import numpy as np, onnxruntime, pytest, torch
from onnx import numpy_helper
from handwriting_nb.browser import SIDE, _runs, export_browser, eye, hand, hands, model, opening, packed, tracer_files, writer_files
from handwriting_nb.digits import SAMPLE, load_mnist, thinned
from handwriting_nb.fast import Numbers, _feed, _wide, build
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.networks import SynthesisNetwork
from handwriting_nb.sampling import Noise, Stepper, prime
from handwriting_nb.tracer import JUMP, STOP, Tracer, mark
from handwriting_nb.window import encode
from handwriting_nb.writer import Writer

TEXT = 'You know nothing, Jon Snow'

@pytest.fixture(scope='module')
def writer(): return Writer.from_pretrained()

@pytest.fixture(scope='module')
def tracer(): return Tracer.from_pretrained()

def session(data):
    o = onnxruntime.SessionOptions(); o.intra_op_num_threads = 1; o.log_severity_level = 3
    return onnxruntime.InferenceSession(data, o, providers=['CPUExecutionProvider'])

def led(net, data, int8, steps, text=TEXT, bias=.75):
    "PyTorch writes; the file is led along its points. After each step: PyTorch's state, the file's, PyTorch's point, the file's"
    ids, run, noise = encode(net.alphabet, text)[None], session(data).run, Noise(7, net.bits); whole = Stepper(net); whole.begin(ids)
    state, fixed = _feed(Numbers.of(net), ids, None, int8, np.zeros((1, 3), np.float32))
    fixed |= {k: np.full((1, 1), v, np.float32) for k, v in dict(bias=bias, sharp=1+bias, one=1).items()}
    for _ in range(steps):
        u, z = noise.chunk(1); state['x'] = _wide(whole.x.numpy(), net.bits)
        asked = dict(givens=np.full((1, 1, 3+net.bits), np.nan, np.float32), picks=u[None, :, :1], tosss=np.log(u[None, :, 1:]/(1-u[None, :, 1:])), zxs=z[None, :, :1], zys=z[None, :, 1:])
        out = run(None, state | fixed | asked); state = dict(zip(state, out))
        theirs = whole.run(u[:, None], z[:, None], np.float32([bias]))[0][0, 0]
        yield whole.state, state, theirs, np.concatenate([out[-3][0, 0], out[-2][0, 0]])

def pairs(theirs, ours):
    first = theirs.first
    yield from ((first.w, ours['w']), (first.kappa[..., None], ours['kappa']), (first.h, ours['h0']), (first.c, ours['c0']))
    for k, (h, c) in enumerate(theirs.upper, 1): yield from ((h[0], ours[f'h{k}']), (c[0], ours[f'c{k}']))

def test_five_hundred_steps_are_those_of_pytorch(writer):
    net, far, drawn = writer.network, [], []
    for theirs, ours, p, q in led(net, model(packed(build(net, int8=False))), False, 500):
        far.append(max(np.abs(a.numpy()-b).max() for a, b in pairs(theirs, ours))); drawn.append(np.abs(p-q).max())
    assert max(far) < 1e-3
    assert np.mean(np.array(drawn) < 1e-3) >= .99      # a draw on the very edge may tip to the next Gaussian

def test_eight_bits_follow_at_a_distance(writer):
    net = writer.network
    for theirs, ours, *_ in led(net, model(packed(build(net))), True, 100):
        assert np.abs(theirs.first.kappa.numpy()-ours['kappa'][..., 0]).max() < .5       # of a letter
        h = (np.float32(ours['h2'])-64)/63; assert np.abs(h-theirs.upper[1][0][0].numpy()).mean() < .05

def test_packing_changes_no_number(writer):
    graph, small = build(writer.network), packed(build(writer.network))
    def constants(graph):
        within = [w for n in graph.node for a in n.attribute if a.HasField('g') for w in a.g.initializer]
        return {w.name: numpy_helper.to_array(w) for w in (*graph.initializer, *within)}
    plain, stored = constants(graph), constants(small); changed = [k for k in plain if k not in stored]
    assert changed
    for k in changed:
        runs = [stored[n] for n in sorted((n for n in stored if n.startswith(f'{k}_')), key=lambda n: int(n.rpartition('_')[2]))]
        assert np.array_equal(np.concatenate([r.astype(np.float32) for r in runs]), plain[k])
    assert len(model(small)) < .9*len(model(graph))

@pytest.mark.parametrize('value', [np.zeros((3, 2)), np.full((2, 2), .1), [[1], [.1], [2], [3], [.3]], [[1e6, 0]], [[np.inf, 1]]])
def test_runs_hold_every_row(value):
    value = np.float32(value); runs = _runs(value)
    assert np.array_equal(np.concatenate([r.astype(np.float32) for r in runs]), value) and {r.dtype.name for r in runs} <= {'float16', 'float32'}

def after(net, ids, state, points):
    "The state after more points"
    stepper = Stepper(net); stepper.begin(ids, state, points[:1]); stepper.read(points[1:, None]); return stepper.stand()[0]

def test_a_hand_begins_where_priming_ends(writer):
    net = writer.network
    for number, ink in writer.styles.items():
        state, rest, text = opening(net, ink)
        assert text == ink.text+' ' and 1 <= len(rest) < len(ink)
        stepper = Stepper(net); ids, skip = prime(stepper, [ink], ['Winter']); assert skip == [len(text)]
        whole, last = stepper.stand(); short = after(net, ids, state, rest)
        assert np.allclose(rest[-1], last[0])
        assert torch.allclose(short.first.kappa, whole.first.kappa, atol=.1)
        for p, q in zip(short.upper, whole.upper): assert (p[0]-q[0]).abs().mean() < 1/63 and (p[1]-q[1]).abs().mean() < .05
        state, rest, _ = opening(net, ink, 1e-5)                   # who waits until nothing is seen gets the same state
        exact = after(net, ids, state, rest)
        for a, b in zip(exact.first, whole.first): assert torch.allclose(a, b, atol=2e-3)

def test_a_prime_without_text_is_refused(writer):
    with pytest.raises(BadInput, match='what it says'): opening(writer.network, Ink([[(0, 0), (1, 1), (2, 0)]]))

def test_hands_stand_where_the_list_says(writer):
    net = writer.network; table, numbers = hands(net, {3: writer.styles[3], 5: writer.styles[5]})
    assert [t['number'] for t in table] == [3, 5] and numbers.dtype == '<f4'
    state, rest, _ = opening(net, writer.styles[5]); at = table[1]['at']; V, K, H = len(net.alphabet), net.looks, net.hidden
    assert np.array_equal(numbers[at:at+V], state.first.w[0]) and np.array_equal(numbers[at+V:at+V+K], state.first.kappa[0])
    assert np.array_equal(numbers[at+V+K+4*H:at+V+K+5*H], state.upper[1][0][0, 0])
    assert np.array_equal(numbers[-rest.size:].reshape(-1, 3), rest)
    assert len(hands(net, {})[1]) == 0

def test_any_network_of_the_book_can_travel():
    net = SynthesisNetwork(' abc', layers=2, hidden=24, looks=3, gaussians=4, bits=1).eval()
    data = model(packed(build(net, int8=False), least=1))
    for theirs, ours, *_ in led(net, data, False, 40, 'abc cab'): assert max(np.abs(a.numpy()-b).max() for a, b in pairs(theirs, ours)) < 1e-4
    files = writer_files(Writer(net, {}, fast=False)); about = json.loads(files['writer.json'])
    assert about['layers'] == 2 and about['styles'] == [] and about['alphabet'] == ' abc'

def traced(net, look, step, picture, longest=80):
    "The loop of `docs/live/tracer.mjs`"
    image = np.float32(picture)[None, None]; f, gist, keys = look.run(None, {'picture': image}); H = net.hand.hidden_size
    at = np.full((1, 2), (SIDE-1)/2, np.float32); zero = lambda *s: np.zeros((1, *s), np.float32); strokes = []
    pen = dict(done=zero(1, SIDE, SIDE), move=zero(2), drew=zero(1), h=zero(H), c=zero(H))
    for t in range(longest):
        act, finger, h, c = step.run(None, dict(picture=image, features=f, gist=gist, keys=keys, at=at, **pen)); kind = act[0, :3].argmax() if t else JUMP
        if kind == STOP: break
        to = net.land(torch.from_numpy(finger), (SIDE, SIDE)).numpy() if kind == JUMP else at+2*act[:, 3:]
        to = np.clip(to, -.5, SIDE-.5).astype(np.float32); done = np.maximum(pen['done'], mark(torch.from_numpy(to), (SIDE, SIDE)).numpy()[:, None])
        if kind == JUMP: strokes.append([])
        strokes[-1].append(to[0]); pen = dict(done=done, move=to-at, drew=np.float32([[kind != JUMP]]), h=h, c=c); at = to
    return Ink([np.array(s) for s in strokes])

def test_the_tracer_in_two_files_traces_the_same_strokes(tracer):
    digits = load_mnist('test', SAMPLE).images[:12]; pictures = [*digits/np.float32(255), *thinned(digits).astype(np.float32)]
    look, step = (session(model(packed(g(tracer)))) for g in (eye, hand)); same = 0
    for picture, theirs in zip(pictures, tracer.strokes(np.stack(pictures))):
        ours = traced(tracer, look, step, picture)
        same += [len(s) for s in ours.strokes] == [len(s) for s in theirs.strokes] and np.allclose(ours.points, theirs.points, atol=.02)
    assert same >= len(pictures)-1        # an act on the very edge may tip

def test_another_tracer_can_travel():
    torch.manual_seed(0); net = Tracer(hidden=12, features=4, gist=6, reach=2).eval(); picture = torch.rand(3, SIDE, SIDE)
    f, gist, keys = session(model(eye(net))).run(None, {'picture': picture[:, None].numpy()})
    with torch.no_grad(): tf, tg = net.look(picture); assert all(np.allclose(a, b, atol=1e-5) for a, b in ((f, tf), (gist, tg), (keys, net.keys(tf))))
    pen = net.ready(picture); at = torch.tensor([[3., 4], [27.5, -.5], [13.2, 20.8]]); pen = pen._replace(at=at, done=torch.rand_like(pen.done), move=at/3-9, drew=torch.ones(3, 1), h=torch.rand_like(pen.h), c=torch.randn_like(pen.c))
    with torch.no_grad():
        x = net.see(pen.pictures, pen.f, pen.gist, pen.at[:, None], pen.done[None], pen.move[:, None], pen.drew[:, None])
        h, (_, c) = net.hand(x, (pen.h[None], pen.c[None])); scores, move = net.heads(h[0]); pointed = net.finger(h[0], pen.keys, pen.pictures, pen.done)
    asked = {k: v.detach().numpy() for k, v in dict(picture=picture[:, None], features=pen.f, gist=pen.gist, keys=pen.keys, at=at, done=pen.done[:, None], move=pen.move, drew=pen.drew, h=pen.h, c=pen.c).items()}
    act, finger, h2, c2 = session(model(hand(net))).run(None, asked)
    for ours, theirs in ((act[:, :3], scores), (2*act[:, 3:], move), (finger, pointed), (h2, h[0]), (c2, c[0])): assert np.allclose(ours, theirs, atol=1e-4)

def test_the_folder_of_a_page(tmp_path, writer, tracer):
    written = export_browser(tmp_path/'new', writer, tracer)
    assert {p.name: p.stat().st_size for p in (tmp_path/'new').iterdir()} == written
    assert written['writer.onnx'] <= 5_000_000 and sum(written.values()) < 6_500_000
    about = json.loads((tmp_path/'new'/'writer.json').read_text())
    assert about['alphabet'] == writer.network.alphabet.characters and [s['number'] for s in about['styles']] == list(writer.styles)
    assert json.loads(tracer_files(tracer)['tracer.json']) == dict(hidden=256, side=28)
    (tmp_path/'file').write_text('')
    with pytest.raises(OSError): export_browser(tmp_path/'file', writer, tracer)
