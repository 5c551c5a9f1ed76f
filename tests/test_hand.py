"Your own hand: lines joined, files of hands, photographs, and what is refused"
import numpy as np, pytest, torch
from hypothesis import given, settings, strategies as st
from handwriting_nb import hand
from handwriting_nb.digits import thin
from handwriting_nb.hand import Heard, as_photo, doubt, fingerprint, first_ones, in_order, joined, kept, nothing, paced, photographed, plus, skeleton, surprise, teach
from handwriting_nb.iam import load_iam
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.networks import SynthesisNetwork
from handwriting_nb.training import save_checkpoint
from handwriting_nb.writer import Writer

@pytest.fixture(scope='module')
def writer(): return Writer.from_pretrained()

@pytest.fixture(scope='module')
def lines(writer):
    "Lines of one hand: the packaged sample's"
    return [i for i in (l.ink for l in load_iam() if l.ink.text) if set(i.text) <= set(writer.network.alphabet.characters)][:3]

@pytest.fixture
def toy():
    "A writer with a small network that knows nothing"
    torch.manual_seed(0)
    return Writer(SynthesisNetwork(' abcdefghijklmnopqrstuvwxyz', layers=2, hidden=16, looks=3, gaussians=2, bits=2, floor=1e-3), fast=False)

def wave(text, seed=0, points=9):
    "Ink of so many points a letter, a bow for each"
    rng = np.random.default_rng(seed); t = np.linspace(0, 2*np.pi, points)
    return Ink([np.stack([6*k+2*np.cos(t), 4*np.sin(t)+rng.normal(0, .1, points)], 1) for k, c in enumerate(text) if c != ' '], text)

def near(a, b):
    "Mean distance of the points of a to b, in heights, boxes laid on one another"
    box = lambda i: (i.resample(i.height()/20).points-i.bounds()[:2])/(i.bounds()[2]-i.bounds()[0])
    far = np.hypot(*(box(a)[:, None]-box(b)).transpose(2, 0, 1)).min(1).mean()
    return far*(a.bounds()[2]-a.bounds()[0])/a.height()

# joined
@given(st.lists(st.text('ab ', min_size=2, max_size=9).filter(lambda t: t.strip() == t and t), min_size=1, max_size=5), st.floats(.01, 100), st.floats(-1000, 1000))
@settings(max_examples=30)
def test_joined_keeps_every_stroke_in_order(texts, size, shift):
    inks = [wave(t, k).scale(size).shift(shift, -shift) for k, t in enumerate(texts)]; long = joined(inks)
    assert long.text == ' '.join(' '.join(t.split()) for t in texts)
    assert [len(s) for s in long.strokes] == [len(s) for i in inks for s in i.strokes]
    assert np.isclose(long.height(), 20, rtol=.2) and long.bounds()[0] == pytest.approx(0, abs=.1)
    ends = np.cumsum([len(i.strokes) for i in inks])
    for k in ends[:-1]: assert long.strokes[k][:, 0].min() > max(s[:, 0].max() for s in long.strokes[:k])

def test_joined_space_is_that_of_the_lines():
    wide = Ink([[(0, 0), (1, 9), (2, 0), (3, 9), (4, 0)], [(30, 0), (31, 9), (32, 0), (33, 9), (34, 0)]], 'n n')
    long = joined([wide, wide]); gap = lambda a, b: long.strokes[b][0, 0]-long.strokes[a][-1, 0]
    assert gap(1, 2) == pytest.approx(gap(0, 1), rel=.01)

@pytest.mark.parametrize('inks', [[], [Ink([[(0, 0), (1, 1)]])], [Ink([], 'a')], [Ink([[(1, 1)]*9], 'a')]])
def test_joined_refuses(inks):
    with pytest.raises(BadInput): joined(inks)

# photographs
@given(st.integers(0, 2**32-1), st.integers(3, 40), st.integers(3, 60), st.floats(.1, .9))
@settings(max_examples=40)
def test_skeleton_is_that_of_the_digits(seed, h, w, share):
    mask = np.random.default_rng(seed).random((h, w)) < share
    assert np.array_equal(skeleton(mask), thin(mask[None])[0])

def test_skeleton_of_a_wide_picture_is_thin_and_whole():
    mask = np.zeros((40, 700), bool); mask[15:22, 10:690] = True; s = skeleton(mask)
    assert s.sum(0).max() == 1 and s.any(0).sum() > 660

def test_photograph_finds_the_ink_again():
    ink = wave('ao ob', points=40); ink = ink.scale(20/ink.height())
    found = photographed(as_photo(ink, seed=3), 'ao ob')
    assert found.text == 'ao ob' and len(found.strokes) == len(ink.strokes)
    assert near(found, ink) < .1

@pytest.mark.parametrize('angle', [0, 1])
def test_paced_slows_down_in_the_bend(angle):
    way = [(0, 0), (60, 0), (60, 60)] if angle else [(0, 0), (120, 0)]; p = paced(Ink([way], 'l'), 60).strokes[0]
    steps = np.hypot(*np.diff(p, axis=0).T); middle = steps[len(steps)//2-2:len(steps)//2+2].mean()
    assert (middle < .7*steps.max()) == bool(angle) and np.allclose(p[[0, -1]], [way[0], way[-1]])

def test_paced_has_the_points_that_were_asked_for():
    ink = wave('abc', points=30); assert abs(len(paced(ink, 66))-66) < 4 and len(paced(ink, 66).strokes) == 3
    dot = paced(Ink([[(0, 0)], *ink.strokes], 'i'), 66); assert np.ptp(dot.strokes[0]) == 0

def test_no_picture_of_a_line(tmp_path):
    for picture in np.ones((40, 300)), np.zeros((40, 300)), np.full((2, 2), .5), np.zeros((4, 5, 6)):
        with pytest.raises(BadInput): photographed(picture, 'text')
    (tmp_path/'x.png').write_bytes(b'\x89PNG and no more')
    for path in tmp_path/'x.png', tmp_path/'none.png':
        with pytest.raises(BadInput): photographed(path, 'text')
    with pytest.raises(BadInput, match='text'): photographed(as_photo(wave('ab')), '  ')

def test_dots_and_bars_come_after_what_they_stand_over():
    tall = lambda x: [(x, 0), (x, -5), (x, -10), (x, -15), (x, -20)]
    ink = in_order(Ink([[(2, -26), (2, -25)], [(28, -14), (34, -14)], tall(30), tall(0), tall(10)], 'lit'))
    assert [s[0, 0] for s in ink.strokes] == [0, 2, 10, 30, 28] or [s[0, 0] for s in ink.strokes] == [0, 10, 2, 30, 28]

def test_line_of_a_file(tmp_path):
    from PIL import Image
    ink = wave('ao ob', points=40); ink = ink.scale(20/ink.height()); picture = Image.fromarray(np.uint8(255*as_photo(ink)))
    for name in 'a.png', 'a.JPG': picture.save(tmp_path/name); assert near(hand.line_of(tmp_path/name, 'ao ob'), ink) < .1
    ink.save(tmp_path/'a.inkml'); assert hand.line_of(tmp_path/'a.inkml') == ink and hand.line_of(tmp_path/'a.inkml', 'b').text == 'b'
    for path, text in (tmp_path/'a.png', None), (tmp_path/'a.txt', 'b'), (tmp_path/'none.jpg', 'b'):
        with pytest.raises(BadInput): hand.line_of(path, text)

def test_a_page_is_no_line():
    page = np.ones((600, 900), np.float32); page[::12, 20:880] = page[1::12, 20:880] = page[2::12, 20:880] = 0
    with pytest.raises(BadInput, match='one line'): photographed(page, 'ab')

# does it say what it says?
def test_the_right_text_helps(writer, lines):
    right = hand.hear(writer.network, lines[0]); assert right.gain > .1 and doubt(right) is None
    wrong = hand.hear(writer.network, Ink(lines[0].strokes, 'Zanzibar, quite soon (perhaps)')); assert doubt(wrong)

@pytest.mark.parametrize('looks, nats, backwards, says', [([*range(13)], 0, .5, None), ([*range(13)], .45, .5, 'does not seem'), ([*range(3)], 0, .5, 'ends before'),
                                                          ([*range(13)]+[12]*9, 0, .5, 'goes on')])
def test_doubts(looks, nats, backwards, says):
    why = doubt(Heard(nats, backwards, np.array(looks), 'twelve chars')); assert why is None if says is None else says in why

def test_short_texts_are_not_doubted(): assert doubt(Heard(1., 0., np.zeros(9, int), 'no')) is None and doubt(Heard(1., 1., np.zeros(9, int), 'abcdefedcba')) is None

# like
@pytest.mark.parametrize('hand, says', [([], 'one to five'), (['a'], 'one to five'), ([wave('ab')]*6, 'not 6'), (wave('a'*401), '401'), (Ink([], 'a'), 'points'),
                                        (Ink([[(0, 0), (1, 1)]*9]), 'text'), (Ink([[(1, 1)]*9], 'ab'), 'size'), (wave('aéb'), 'é'), ([wave('ab'), wave('aéb')], 'line 2')])
def test_hands_that_are_none(toy, hand, says):
    with pytest.raises(BadInput, match=says): toy.like(hand)

def test_like_takes_one_line_or_some(toy):
    a, b = wave('abc', 1), wave('de', 2)
    assert toy.like(a).prime is a and toy.like([a]).prime is a and toy.like([a, b]).prime == joined([a, b]) and toy.prime is None
    assert toy.like([a, b]).prime.text == 'abc de'

def test_the_prime_is_as_long_as_a_line(toy):
    lines = [wave('abcdefgh'*3, k) for k in range(3)]; one, two = lines[:1], lines[:2]
    assert first_ones(lines) == joined(two) and first_ones(one) is lines[0] and first_ones([wave('a'*90), *lines]).text == 'a'*90
    assert toy.like(lines, check=False).prime == joined(two)

def test_check_can_be_left_out(toy):
    long = wave('abcdefghijkl')        # the toy has never heard of letters
    with pytest.raises(BadInput, match='seem'): toy.like(long)
    assert toy.like(long, check=False).prime is long

def test_writes_after_a_hand(writer, lines):
    mine = writer.like(lines[:2]); ink = mine('word', seed=1)
    assert ink.text == 'word' and ink == mine('word', seed=1) and ink != writer('word', seed=1, style=1)

# learning
def test_nothing_adds_nothing(toy):
    net = toy.network; b, own = hand.lesson(net, [wave('abc')]); thin = nothing(net)
    assert torch.equal(own, b.mask) and all(torch.equal(p, q) for p, q in zip(net.parameters(), plus(net, thin).values()))
    with torch.no_grad(): assert torch.allclose(surprise(net, thin, b), hand.nats(net(b.x, b.ids)[0], b.y, net.bits, net.floor))

def test_the_gradient_of_every_addition_is_that_of_its_weight(toy):
    net = toy.network.double(); b, own = hand.lesson(net, [wave('abc')]); b = b._replace(x=b.x.double(), y=b.y.double())
    thin = {k: tuple(t.double().requires_grad_() for t in v) for k, v in nothing(net).items()}; surprise(net, thin, b).sum().backward()
    hand.nats(net(b.x, b.ids)[0], b.y, net.bits, net.floor).sum().backward()
    for (k, p), v in zip(net.named_parameters(), thin.values()):
        assert torch.allclose(v[0].grad, p.grad@v[1].detach().T if len(v) == 2 else p.grad, atol=1e-9), k

def test_teaching_helps_what_was_kept_back(toy):
    before = fingerprint(toy.network); learned = teach(toy.network, [wave('abcabcabcabc', points=12)], steps=60, rate=3e-3)
    assert learned.steps > 5 and learned.rows[learned.steps][1] < learned.rows[0][1]-.1 and fingerprint(toy.network) == before
    assert learned.rows[learned.steps][1] <= min(v for _, v in learned.rows)+1e-4

def test_a_lesson_is_heard_behind_the_first_line(toy):
    a, c = wave('abc', 1), wave('de', 2); b, own = hand.lesson(toy.network, [a, c]); n = b.mask.sum(0)
    assert own.sum(0)[0] == n[0] and own.sum(0)[1].item() == pytest.approx(len(c), abs=2) and n[1] > n[0]
    last = int(n[1]); assert own[:last-len(c)-3, 1].sum() == 0 and own[last-1, 1] == 1 and own[last:, 1].sum() == 0

def test_a_quarter_is_kept_back(toy):
    _, own = hand.lesson(toy.network, [wave('abc', 1), wave('de', 2)]); early, last = hand._quarters(own)
    assert torch.equal(early+last, own) and torch.allclose(last.sum(0)/own.sum(0), torch.tensor(.25), atol=.03)
    for k in range(2): assert early[:, k].nonzero().max() < last[:, k].nonzero().min()

def test_no_minutes_no_learning(toy):
    learned = teach(toy.network, [wave('abcabc')], minutes=0); assert learned.steps == 0 and not learned.thin['out.weight'][0].any()

def test_ctrl_c_keeps_the_best(toy, monkeypatch):
    patient = hand._Patient()
    class Impatient:
        def __enter__(self): patient.asked = False; self.n = 0; return self
        def __exit__(self, *_): pass
        @property
        def asked(self): self.n += 1; return self.n > 12
    monkeypatch.setattr(hand, '_Patient', Impatient)
    learned = teach(toy.network, [wave('abcabcabcabc', points=12)], rate=3e-3); assert 5 < len(learned.rows) < 14 and learned.thin['out.weight'][0].any()

def test_learn_leaves_the_writer_alone(toy):
    before = toy.network.out.weight.clone(); mine = toy.learn(wave('abcabc'), steps=9, rate=1e-2, check=False)
    assert torch.equal(toy.network.out.weight, before) and not torch.equal(mine.network.out.weight, before)
    assert mine.prime.text == 'abcabc' and mine.born == fingerprint(toy.network) and mine.stepper.net is mine.network

# kept
def test_kept_and_worn_again(toy, tmp_path):
    mine = toy.learn(wave('abcabc'), steps=9, rate=1e-2, check=False); mine.keep(tmp_path/'m.safetensors'); again = toy.like(tmp_path/'m.safetensors')
    assert again.prime == mine.prime and torch.allclose(again.network.out.weight, mine.network.out.weight, atol=1e-3)
    ink, thin, born = kept(tmp_path/'m.safetensors'); assert ink == mine.prime and born == fingerprint(toy.network) and thin.keys() == nothing(toy.network).keys()
    again.keep(tmp_path/'n.safetensors'); assert kept(tmp_path/'n.safetensors')[2] == born        # kept again, it still fits the packaged network
    assert toy.like(str(tmp_path/'n.safetensors')).prime == mine.prime

def test_a_primed_hand_is_kept_without_weights(toy, tmp_path):
    toy.like([wave('ab'), wave('cd', 2)]).keep(tmp_path/'m.safetensors'); assert kept(tmp_path/'m.safetensors')[1:] == (None, None)
    assert toy.like(tmp_path/'m.safetensors').prime.text == 'ab cd'
    with pytest.raises(BadInput, match='no hand of its own'): toy.keep(tmp_path/'x.safetensors')
    with pytest.raises(BadInput, match='cannot write'): toy.like(wave('ab')).keep(tmp_path/'no'/'x.safetensors')

def test_refused_by_another_network(toy, tmp_path):
    toy.learn(wave('abcabc'), steps=3, check=False).keep(tmp_path/'m.safetensors')
    for hidden in 16, 8:
        torch.manual_seed(1); other = Writer(SynthesisNetwork(' abcdefghijklmnopqrstuvwxyz', layers=2, hidden=hidden, looks=3, gaussians=2, bits=2), fast=False)
        with pytest.raises(BadInput, match='another network'): other.like(tmp_path/'m.safetensors')

def test_files_that_are_no_hands(toy, tmp_path):
    path = tmp_path/'m.safetensors'; points, lengths = torch.rand(30, 2), torch.tensor([10, 20]); thin = {f'{k}.{n}': t for k, v in nothing(toy.network).items() for n, t in zip('AB' if len(v) == 2 else 'c', v)}; A = thin['out.weight.A']
    good = dict(points=points, lengths=lengths)
    def refused(tensors, **facts):
        save_checkpoint(path, tensors, **{'text': 'ab', 'network': fingerprint(toy.network), **facts})
        with pytest.raises(BadInput): toy.like(path)
    refused(dict(points=points)); refused(dict(lengths=lengths)); refused(good, text=None); refused(good, text=''); refused(good | dict(other=torch.zeros(3)))
    refused(dict(points=points, lengths=torch.tensor([10, 30]))); refused(dict(points=points*np.nan, lengths=lengths)); refused(dict(points=points[:, 0], lengths=lengths))
    refused(dict(points=points, lengths=lengths[None])); refused(dict(points=points[:0], lengths=lengths[:0])); refused(good | thin | {'out.weight.A': A*np.inf})
    refused(good | thin | {'out.weight.A': A[:-1]}); refused(good | thin | {'out.weight.A': A[:, 0]}); refused(good | thin, network='other'); refused(good | {'out.weight.A': A}); refused(good | thin | {'other.c': A[0].clone()})
    for data in b'', b'torn', b'\xff'*99:
        path.write_bytes(data)
        with pytest.raises(BadInput): toy.like(path)
    with pytest.raises(BadInput, match='cannot read'): toy.like(tmp_path/'none')
    with open(path, 'wb') as f: f.truncate(2**22)
    with pytest.raises(BadInput, match='larger'): toy.like(path)
