"The recogniser: what would bore a reader of its chapter."
import itertools, json
import numpy as np, pytest, torch
from hypothesis import given, settings, strategies as st
from handwriting_nb.evaluation import legibility, lost, twice
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.recogniser import (CHARACTERS, ReaderRecipe, ReadingRun, Recogniser, ctc, edits, greedy, pen_path, readable,
                                       reading_examples, teach_reader)
from handwriting_nb.training import Example, load_checkpoint
from handwriting_nb.writer import Writer
from conftest import loops

TINY = ReaderRecipe(hidden=8, layers=2, width=8, steps=6, batch=4, every=3, dropout=.1)

@pytest.fixture(scope='module')
def reader(): return Recogniser.from_pretrained()

@pytest.fixture(scope='module')
def writer(): return Writer.from_pretrained()

def data(n=8): return [Example('ox'*(1+k % 2), readable(loops(4+k % 3, k))) for k in range(n)]

# Distances

def slow(a, b):
    if not a or not b: return len(a)+len(b)
    return min(slow(a[1:], b)+1, slow(a, b[1:])+1, slow(a[1:], b[1:])+(a[0] != b[0]))

@given(st.text('abc', max_size=5), st.text('abc', max_size=5))
def test_edits_are_those_of_the_definition(a, b): assert edits(a, b) == slow(a, b)

@given(st.text('ab c', max_size=9), st.text('ab c', max_size=9), st.text('ab c', max_size=9))
def test_edits_are_a_distance(a, b, c):
    assert edits(a, b) == edits(b, a) and (edits(a, b) == 0) == (a == b) and edits(a, c) <= edits(a, b)+edits(b, c)

# CTC

@settings(max_examples=20)
@given(st.integers(1, 5), st.lists(st.integers(1, 2), min_size=1, max_size=3), st.integers(0, 99))
def test_the_loss_is_the_sum_over_all_paths(frames, ids, seed):
    p = torch.randn(frames, 3, generator=torch.Generator().manual_seed(seed)).double().softmax(-1)
    says = lambda q: [c for c, _ in itertools.groupby(q) if c]
    total = sum(p[range(frames), list(q)].prod().item() for q in itertools.product(range(3), repeat=frames) if says(q) == ids)
    found = ctc(p.log()[:, None], torch.tensor([frames]), torch.tensor([ids])).item()
    assert found == pytest.approx(-np.log(total)) if total else found == 0      # a text too long for the frames teaches nothing

def test_greedy_reads_no_further_than_the_line():
    logp = torch.full((4, 2, 3), -9.); logp[:, :, 1] = 0; logp[2:, 1, 1] = -9; logp[2:, 1, 2] = 0
    assert [ids for ids, _ in greedy(logp, torch.tensor([4, 2]))] == [[1], [1]]

# The path of the pen

def test_a_path_walks_in_equal_steps():
    p = pen_path([np.float32([[0, 0], [4, 0]]), np.float32([[4, 4], [8, 4]])], 1.)
    assert p[:, 2].tolist() == [0]*5+[1]*2+[0]*4
    d = np.linalg.norm(np.diff(p[:, :2], axis=0), axis=1); assert np.allclose(d[:4], 1) and np.allclose(d[4:6], 2) and np.allclose(d[6:], 1)

@settings(max_examples=20, deadline=None)
@given(st.floats(.01, 1000), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_size_and_place_do_not_matter(size, dx, dy):
    ink = loops(5); a, b = readable(ink), readable(ink.scale(size).shift(dx*size, dy*size))
    assert a.shape == b.shape and np.allclose(a, b, atol=.05)

@pytest.mark.parametrize('ink', [Ink([]), Ink([[[1, 1]]]), Ink([[[2, 2], [2, 2]]])])
def test_ink_without_size_is_refused(reader, ink):
    with pytest.raises(BadInput, match='no size'): reader.read(ink)

# Reading

def test_many_lines_are_read_as_each_alone(reader, writer):
    inks = writer.lines('Winter is coming\nYou know nothing\nJon', seed=3, style=2)
    assert reader.read(inks) == [reader.read(i) for i in inks] and reader.read([]) == []

def test_it_reads_what_the_writer_writes(reader, writer):
    texts = ['the cold in the morning', 'nothing but the sea', 'and then they were there']
    said = reader.read([writer(t, bias=1., style=2, seed=4) for t in texts])
    assert sum(map(edits, texts, said)) < .25*sum(map(len, texts))

def test_the_right_text_costs_least(reader, writer):
    texts = ['winter is coming', 'the night is dark', 'you know nothing']
    for t, ink in zip(texts, [writer(t, bias=1., style=2, seed=4) for t in texts]): assert texts[int(np.argmin(reader.nats([ink]*3, texts)))] == t
    assert reader.nats([Ink([])], ['x']) == [float('inf')]

def test_the_best_of_several_costs_no_more(reader, writer):
    texts = ['The quick brown fox', 'jumps over it']
    one, best = (writer.traces(texts, .5, None, [[1], [2]], n) for n in (1, 4)); cost = lambda ts: reader.nats([t.ink for t in ts], texts)
    assert all(b <= a+1e-3 for a, b in zip(cost(one), cost(best)))
    with pytest.raises(BadInput, match='best of'): writer('x', best_of=0)

def test_what_is_lost_and_what_is_there_twice():
    assert lost('the quick brown fox', 'the fox') == ['quick', 'brown'] and lost('a cat', 'a cot') == [] and lost('it is', 'is') == []
    assert twice('the fox', 'the the fox') == ['the'] and twice('a a', 'a a a') == []

def test_legibility_of_what_is_read_rightly(reader, writer):
    ink = writer('nothing', style=2, seed=1, bias=1.); l = legibility(reader, [ink], [reader.read(ink)], 1); assert l == (1, 0, 0, 0, 1)

# Training

def test_a_run_stopped_and_taken_up_is_the_same(tmp_path):
    whole = ReadingRun(tmp_path/'a', data(), data(3), TINY, 'ox'); whole.train(quiet=True)
    ReadingRun(tmp_path/'b', data(), data(3), TINY, 'ox').train(until=2, quiet=True); again = ReadingRun(tmp_path/'b', data(), data(3), TINY, 'ox'); again.train(quiet=True)
    assert all(torch.equal(p, q) for p, q in zip(whole.net.parameters(), again.net.parameters()))
    assert 'error_rate' in (tmp_path/'a'/'log.csv').read_text().splitlines()[0] and load_checkpoint(tmp_path/'a'/'checkpoint.safetensors')[1]['at'] == 6

def test_it_can_be_taught_by_one_call(tmp_path, monkeypatch):
    monkeypatch.delenv('HANDWRITING_DATA', raising=False)
    net = teach_reader(tmp_path, steps=2, hidden=8, layers=1, width=8, batch=4); again = Recogniser.from_pretrained(tmp_path/'recogniser.safetensors')
    assert again.config == net.config and again.config['alphabet'] == CHARACTERS

def test_lines_whose_text_does_not_fit_are_left_out():
    line = lambda text, ink: type('L', (), {'ink': Ink(ink.strokes, text)})()
    assert [e.text for e in reading_examples([line('o', loops(1)), line('', loops(3)), line('o'*90, loops(2)), line('é', loops(1))], 'o')] == ['o']

# Files from outside

@pytest.mark.parametrize('config', ['[]', '{}', '{"alphabet": 3}', '{"alphabet": "ab", "hidden": 99999999}', 'nonsense', '{"alphabet": "ab", "layers": 0}'])
def test_a_strange_configuration_is_refused(tmp_path, config):
    Recogniser('ab', hidden=4, layers=1, width=4).save(tmp_path/'r.safetensors'); (tmp_path/'r.json').write_text(config)
    with pytest.raises(BadInput): Recogniser.from_pretrained(tmp_path/'r.safetensors')

def test_weights_that_are_none_are_refused(tmp_path):
    net = Recogniser('ab', hidden=4, layers=1, width=4); net.save(tmp_path/'r.safetensors')
    (tmp_path/'r.json').write_text(json.dumps(net.config | {'hidden': 5}))
    for name in ('r.safetensors', 'none.safetensors'):
        with pytest.raises(BadInput): Recogniser.from_pretrained(tmp_path/name)
    with pytest.raises(BadInput): Recogniser.from_pretrained('nobody')
    net.save(tmp_path/'r.safetensors'); (tmp_path/'r.safetensors').write_bytes(b'torn')
    with pytest.raises(BadInput): Recogniser.from_pretrained(tmp_path/'r.safetensors')
