"The tracer: lessons, what it sees, its losses, tracing, weights; nothing here depends on how well it was taught."
import json
import numpy as np, pytest, torch
from hypothesis import given, settings, strategies as st
from handwriting_nb.digits import SAMPLE, load_mnist, thinned, trace
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.tracer import (DRAW, JUMP, STOP, Course, School, Tracer, acts, batch, drawn, lesson, like_a_person, load_tracer, mark,
                                   outline, pen_drawing, pieces_of_lines)

@pytest.fixture(scope='module')
def bits(): return thinned(load_mnist('test', SAMPLE).images[:6])

@pytest.fixture(scope='module')
def tracer(): return Tracer.from_pretrained()

def fresh(seed=0, **sizes):
    torch.manual_seed(seed); return Tracer(**{**dict(hidden=12, features=4, gist=6, reach=2), **sizes})

paths = st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27)), min_size=1, max_size=9, unique=True)
inks = st.lists(paths, min_size=1, max_size=3).map(lambda s: Ink([np.float32(p) for p in s]))

@settings(max_examples=60, deadline=None)
@given(inks, inks)
def test_a_persons_order_changes_nothing_but_order_and_direction(ink, other):
    found = like_a_person(ink, outline(other.strokes)[None])
    parts = lambda i: sorted(min(s.tolist(), s[::-1].tolist()) for s in i.strokes)
    assert parts(found) == parts(ink)
    far = lambda i: ((outline(i.strokes)-outline(other.strokes))**2).sum()
    assert len(ink) < 4 or far(found) <= far(Ink(sorted(ink.strokes, key=len, reverse=True)))+1e-6

def test_a_reversed_person_reverses_the_stroke():
    s = np.float32([[3, 3], [10, 4], [20, 9], [22, 20]])
    for way in (s, s[::-1]): assert np.array_equal(like_a_person(Ink([s]), outline([way])[None]).strokes[0], way)

@settings(max_examples=60, deadline=None)
@given(inks)
def test_lessons_have_even_points_and_keep_ends(ink):
    for s, t in zip(ink.strokes, lesson(ink).strokes):
        assert np.allclose(t[0], s[0]) and np.allclose(t[-1], s[-1])
        steps = np.hypot(*np.diff(t, axis=0).T); assert (steps < 3.01).all()

def test_a_ring_stays_one():
    a = np.linspace(0, 2*np.pi, 25); ring = np.float32(np.c_[14+8*np.cos(a), 14+8*np.sin(a)]); ring[-1] = ring[0]
    s = lesson(Ink([ring])).strokes[0]; assert np.allclose(s[0], s[-1]) and abs(np.hypot(*(s-14).T)-8).max() < .5

@settings(max_examples=40, deadline=None)
@given(st.lists(inks, min_size=1, max_size=4))
def test_acts_and_back(many):
    b = batch(np.zeros((len(many), 28, 28)), many)
    for k, ink in enumerate(many):
        n = int(b.mask[k].sum()); act = b.acts[k, :n]; assert n == len(ink)+1 and act[-1] == STOP and (act == STOP).sum() == 1
        starts = torch.nonzero(act == JUMP)[:, 0]; assert len(starts) == len(ink.strokes)
        assert np.array_equal(b.points[k, 1:n].numpy(), ink.points) and b.points[k, 0].tolist() == [13.5, 13.5]

def test_marks_against_their_formula():
    m = mark(torch.tensor([3.25, 5.5]), (9, 7)).numpy(); y, x = np.mgrid[:9, :7]
    assert np.allclose(m, np.minimum(1, 1.5*np.exp(-((x-3.25)**2+(y-5.5)**2)/2)), atol=1e-6)

def test_drawn_is_the_largest_mark_so_far():
    p = torch.rand(2, 5, 2)*20; d = drawn(p, (20, 20)); assert not d[0].any()
    for t in range(1, 5): assert torch.equal(d[t], mark(p[:, 1:t+1], (20, 20)).amax(1))

def test_losses_have_right_derivatives(bits):
    net = fresh().double(); lessons = [lesson(trace(b)) for b in bits[:2]]; b = batch(bits[:2], lessons)
    b = b._replace(pictures=b.pictures.double(), points=b.points.double(), mask=b.mask.double())
    assert torch.autograd.gradcheck(lambda w: sum(_losses(net, w, b)), net.out.weight.detach().clone().requires_grad_(), atol=1e-6)

def _losses(net, w, b):
    "Acts and moves as functions of the weights of the last layer"
    del net.out._parameters['weight']; net.out.weight = w
    try: return [x for x in net.losses(b, nudge=0)[:3]]
    finally: del net.out.weight; net.out.weight = torch.nn.Parameter(w.detach())

def test_the_error_of_the_picture_pulls_moves_the_right_way():
    ink = Ink([np.float32([[5, 10], [7, 10], [9, 10], [11, 10]])]); wanted = pen_drawing(ink.shift(0, 1), (20, 20))[None]; net = fresh()
    net.picture_loss(pen_drawing(ink, (20, 20))[None], wanted, [ink]).backward()
    assert net.out.bias.grad[4] < 0      # further down, please
    assert all(p.grad is None or p.grad.isfinite().all() for p in net.parameters())

def test_company_changes_nothing(tracer, bits):
    together = tracer.strokes(bits); alone = [tracer.strokes(b[None])[0] for b in bits]
    for a, b in zip(together, alone): assert [len(s) for s in a.strokes] == [len(s) for s in b.strokes] and np.allclose(a.points, b.points, atol=1e-3)

def test_nothing_to_draw(tracer):
    inks = tracer.strokes(np.stack([np.zeros((28, 28)), np.eye(28)])); assert len(inks[0].strokes) == 0 and len(inks[1])

def test_packaged_tracer_follows_ink_it_has_not_seen(tracer):
    ink = Ink([np.float32([[6, 4], [20, 5], [12, 24]]), np.float32([[9, 14], [19, 13]])]); inked = pen_drawing(ink.resample(1.), (28, 28))
    found = tracer.strokes(inked[None])[0]; near = pen_drawing(found, (28, 28), 4)
    assert len(found.strokes) == 2 and (inked*(near > 0)).sum() > .95*inked.sum()

@pytest.mark.parametrize('pictures', [np.zeros((28, 28)), np.zeros((1, 2, 28)), np.zeros((1, 200, 200)), np.full((1, 28, 28), np.nan), np.zeros((1, 28, 28, 3))])
def test_wrong_pictures(tracer, pictures):
    with pytest.raises(BadInput): tracer.strokes(pictures)

@pytest.mark.parametrize('size', [0, -3, 2.5, 4000, '28', None])
def test_wrong_size(tracer, size):
    with pytest.raises(BadInput): tracer(np.eye(28), size=size)

def test_weights_travel(tmp_path, bits):
    net = fresh().half().float().eval(); net.save(tmp_path/'a.safetensors'); again = load_tracer(tmp_path/'a.safetensors')
    assert again.config == net.config and all(np.array_equal(a.points, b.points) for a, b in zip(net.strokes(bits), again.strokes(bits)))

@pytest.mark.parametrize('what', ['missing', 'torn', 'other', 'sizes', 'json', 'name'])
def test_bad_weights(tmp_path, what):
    path = tmp_path/'a.safetensors'; fresh().save(path)
    if what == 'missing': path.unlink()
    if what == 'torn': path.write_bytes(path.read_bytes()[:100])
    if what == 'other': fresh(hidden=13).save(tmp_path/'b.safetensors'); (tmp_path/'b.safetensors').rename(path)
    if what == 'sizes': path.with_suffix('.json').write_text(json.dumps(dict(hidden=10**9, features=4, gist=6, reach=2)))
    if what == 'json': path.with_suffix('.json').write_text('[')
    with pytest.raises(BadInput) as e: Tracer.from_pretrained('scribe' if what == 'name' else path)
    assert '\n' not in str(e.value)

def test_school_is_repeatable_and_teaching_lowers_the_loss(bits):
    lessons = [lesson(trace(b)) for b in bits]; images = load_mnist('test', SAMPLE).images[:6]
    school = lambda: School(images, bits, lessons, [i.scale(2) for i in lessons], size=6, seed=1)
    a, b = school(), school()
    for _ in range(4): assert all(torch.equal(x, y) for x, y in zip(a()[0], b()[0]))
    course = Course(fresh(hidden=24), school(), minutes=.1, rate=5e-3); course.run(quiet=True)
    assert np.mean(course.log[-4:], 0)[0] < np.mean(course.log[:4], 0)[0]

def test_pieces_are_as_promised():
    line = Ink([np.float32([[0, 0], [90, 80], [120, 10]]), np.float32([[150, 0], [180, 90]]), np.float32([[200, 20], [260, 70]])])
    for p in pieces_of_lines([line], 20):
        x0, y0, x1, y1 = p.bounds(); assert 0 <= x0 and 0 <= y0 and x1 <= 64 and y1 <= 64 and 19 < max(x1-x0, y1-y0) < 60 and p.length() < 240
