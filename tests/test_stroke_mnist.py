"MNIST as strokes: two formats that say the same, work that goes on after any stop, files that are not what they say"
import io, os, signal, subprocess, sys, time, zipfile
from pathlib import Path
import numpy as np, pytest, torch
from hypothesis import given, strategies as st
from handwriting_nb import stroke_mnist
from handwriting_nb.digits import MNIST, SAMPLE, load_mnist, write_idx
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.stroke_mnist import StrokeDigits, _packed, load_stroke_mnist, trace_mnist
from handwriting_nb.tracer import Tracer

places = st.tuples(*[st.floats(-.5, 27.5, width=16)]*2)
inks = st.lists(st.lists(places, min_size=1, max_size=9), min_size=1, max_size=5).map(Ink)
sets = st.lists(st.tuples(inks, st.integers(0, 9), st.integers(0, 1)), min_size=1, max_size=9)

class Pencil(torch.nn.Module):
    "Instead of a tracer, where only the keeping matters: a stroke from the first pixel of ink to the last"
    config = {}
    def __init__(self): super().__init__(); self.weight = torch.nn.Parameter(torch.zeros(3))
    def strokes(self, pictures): return [Ink([np.argwhere(p)[[0, -1], ::-1]]) for p in pictures]

@pytest.fixture
def tracer(): return Pencil()

@pytest.fixture
def mnist(tmp_path):
    "Sixty digits to train, forty to test, in a folder"
    (tmp_path/'mnist').mkdir()
    for (split, names), n in zip(MNIST.items(), (60, 40)):
        for name, array in zip(names, load_mnist(split, SAMPLE)): write_idx(tmp_path/'mnist'/name, array[:n])
    return tmp_path/'mnist'

def names(folder): return sorted(p.name for p in folder.iterdir() if p.is_file())

# Formats

def in_order(some): return _packed([i for i, _, _ in some], [k for _, k, _ in some], [s for _, _, s in some])

@given(sets)
def test_both_formats_say_the_same(tmp_path_factory, some):
    some.sort(key=lambda x: x[2]); digits, folder = in_order(some), tmp_path_factory.mktemp('d')
    for name in ('d.npz', 'd.zip'): digits.save(folder/name)
    exact, rounded = (load_stroke_mnist(folder/name) for name in ('d.npz', 'd.zip'))
    assert exact.inks == [Ink(i.strokes, str(k)) for i, k, _ in some] and names(folder) == ['d.npz', 'd.zip']
    for a, b, (_, label, split) in zip(exact, rounded, some, strict=True):
        assert a.text == b.text == str(label) and [len(s) for s in a.strokes] == [len(s) for s in b.strokes]
        assert np.abs(a.points-b.points).max() <= .5 and b.points.min() >= 0 and b.points.max() <= 27
    assert (exact.split == rounded.split).all()

@given(sets)
def test_where_and_sequence(some):
    digits = in_order(some); part = digits.where(digits.split == 1)
    assert part.inks == [Ink(i.strokes, str(k)) for i, k, s in some if s]
    for i, ink in enumerate(digits.inks):
        rows = digits.sequence(i)
        assert np.allclose(rows[:, :2].cumsum(0), ink.points, atol=1e-3) and rows[:, 3].nonzero()[0].tolist() == [len(ink)-1]
        assert (rows[:, 2].nonzero()[0]+1).tolist() == np.cumsum([len(s) for s in ink.strokes]).tolist()

def test_digits_are_a_sequence():
    digits = in_order([(Ink([[(1, 2)]]), 3, 0), (Ink([[(4, 4)]]), 5, 1)])
    assert digits[-1] == digits[1] == digits.inks[1] and len(list(digits)) == 2
    with pytest.raises(IndexError): digits[2]

# What is no such file

GOOD = dict(points=np.zeros((6, 2), np.float16), lengths=np.uint16([4, 2]), counts=np.uint16([1, 1]), labels=np.uint8([7, 1]), split=np.uint8([0, 1]))
BENT = dict(pickle=dict(labels=np.array([print, 1], object)), floats=dict(points=np.zeros((6, 2))), flat=dict(points=np.zeros(12, np.float16)), three=dict(points=np.zeros((4, 3), np.float16)),
            nan=dict(points=np.full((6, 2), np.nan, np.float16)), short=dict(points=np.zeros((5, 2), np.float16)), nothing=dict(lengths=np.uint16([6, 0])), lengths=dict(lengths=np.uint16([4, 3])),
            counts=dict(counts=np.uint16([1, 2])), none=dict(counts=np.uint16([2, 0])), labels=dict(labels=np.uint8([7])), ten=dict(labels=np.uint8([7, 10])), split=dict(split=np.uint8([0, 2])),
            turned=dict(points=np.asfortranarray(np.zeros((6, 2), np.float16))), big=dict(labels=np.array([7, 1], '>i2')), text=dict(labels=np.array(['7', '1'])))

def load_bad(path, match=None):
    with pytest.raises(BadInput, match=match) as e: load_stroke_mnist(path)
    assert '\n' not in str(e.value) and path.name in str(e.value)

@pytest.mark.parametrize('bent', BENT.values(), ids=BENT.keys())
def test_bent_arrays(tmp_path, bent):
    np.savez(tmp_path/'d.npz', **GOOD); assert len(load_stroke_mnist(tmp_path/'d.npz')) == 2
    np.savez(tmp_path/'d.npz', **{**GOOD, **bent}); load_bad(tmp_path/'d.npz')

def test_array_is_missing(tmp_path):
    np.savez(tmp_path/'d.npz', **{k: v for k, v in GOOD.items() if k != 'split'}); load_bad(tmp_path/'d.npz', 'lacks split')

def with_points(path, data):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as z:
        for k, v in GOOD.items():
            f = io.BytesIO(); np.save(f, v); z.writestr(f'{k}.npy', data if k == 'points' else f.getvalue())

@pytest.mark.parametrize('shape', ['(10**15, 2)', f'({10**15}, 2)', '(-1, 2)', f'({2**62}, 4)', '(6, 2), (6, 2)', '__import__("os")'])
def test_header_that_promises_too_much(tmp_path, shape):
    head = f"{{'descr': '<f2', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    with_points(tmp_path/'d.npz', b'\x93NUMPY\x01\x00'+len(head).to_bytes(2, 'little')+head+bytes(24)); load_bad(tmp_path/'d.npz')

def test_bomb_is_not_unpacked(tmp_path):
    with_points(tmp_path/'d.npz', bytes(2**28+1)); assert (tmp_path/'d.npz').stat().st_size < 2**20
    load_bad(tmp_path/'d.npz', 'more than 256 MB')

@given(st.binary(max_size=80), st.booleans())
def test_loads_or_says_why(tmp_path_factory, data, inside):
    path = tmp_path_factory.mktemp('d')/'d.npz'
    with_points(path, data) if inside else path.write_bytes(data)
    load_bad(path)

@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_byte_is_wrong(tmp_path_factory, at, by):
    path = tmp_path_factory.mktemp('d')/'d.npz'; np.savez_compressed(path, **GOOD)
    data = bytearray(path.read_bytes()); data[at % len(data)] ^= by; path.write_bytes(data)
    try: load_stroke_mnist(path)
    except BadInput as e: assert '\n' not in str(e)

TEXTS = {'trainlabels.txt': '7\n', 'trainimg-0-inputdata.txt': '1 1 0 0\n0 0 1 1\n', 'testlabels.txt': ''}
@pytest.mark.parametrize('change', [{'trainlabels.txt': '7\n1\n'}, {'trainlabels.txt': 'seven'}, {'trainlabels.txt': None}, {'trainimg-0-inputdata.txt': None}, {'trainimg-0-inputdata.txt': '1 1 0 0\n'},
                                    {'trainimg-2-inputdata.txt': '1 1 0 0\n0 0 1 1\n', 'trainlabels.txt': '7 7'}, {'trainlabels.txt': '\u0667'}])
def test_bent_texts(tmp_path, change):
    for texts in (TEXTS, {**TEXTS, **change}):
        with zipfile.ZipFile(tmp_path/'d.zip', 'w') as z: [z.writestr(k, v) for k, v in texts.items() if v is not None]
        if texts is TEXTS: assert load_stroke_mnist(tmp_path/'d.zip').inks == [Ink([[(0, 0)]], '7')]
    load_bad(tmp_path/'d.zip')

def test_not_there_and_not_a_split(tmp_path):
    load_bad(tmp_path/'d.npz', 'cannot read'); (tmp_path/'f').mkdir(); load_bad(tmp_path/'f', 'cannot read')
    np.savez(tmp_path/'d.npz', **GOOD)
    with pytest.raises(BadInput, match='train and test'): load_stroke_mnist(tmp_path/'d.npz', 'valid')

# Tracing

def test_labels_and_split_are_kept(tmp_path, mnist, tracer):
    digits = trace_mnist([tmp_path/'d.npz', tmp_path/'d.zip'], mnist, tracer, part=40, quiet=True)
    assert names(tmp_path) == ['d.npz', 'd.zip'] and len(digits) == 100
    for split in MNIST:
        for name in ('d.npz', 'd.zip'): assert (load_stroke_mnist(tmp_path/name, split).labels == load_mnist(split, mnist).labels).all()
    assert digits.points.min() >= -.5 and digits.points.max() <= 27.5

def test_two_processes_do_the_same(tmp_path, mnist):
    tracer = Tracer.from_pretrained()
    for name, workers in (('a.npz', 1), ('b.npz', 2)): trace_mnist(tmp_path/name, mnist, tracer, workers=workers, part=30, quiet=True)
    assert (tmp_path/'a.npz').read_bytes() == (tmp_path/'b.npz').read_bytes() and names(tmp_path) == ['a.npz', 'b.npz']

RUN = "import signal, sys; from handwriting_nb.stroke_mnist import trace_mnist\nsignal.signal(signal.SIGINT, signal.default_int_handler)    # tests in the background begin without it\nif __name__ == '__main__': trace_mnist('d.npz', sys.argv[1], workers=int(sys.argv[2]), part=10, quiet=True)"

def started(tmp_path, mnist, workers):
    "A process that has made one part at least, and not all"
    (tmp_path/'run.py').write_text(RUN); env = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(Path(stroke_mnist.__file__).parents[1])}
    p = subprocess.Popen([sys.executable, 'run.py', str(mnist), str(workers)], cwd=tmp_path, env=env, stderr=subprocess.PIPE, start_new_session=True)
    while p.poll() is None and not list(tmp_path.glob('d.npz.part-*')): time.sleep(.01)
    return p

def family(pid):
    "The processes of its session that are alive"
    def alive(p):
        try: state, _, _, session = (p/'stat').read_text().rpartition(')')[2].split()[:4]
        except OSError: return False
        return int(session) == pid and state != 'Z'
    return [p.name for p in Path('/proc').glob('[0-9]*') if alive(p)]

def dies_out(pid):
    "Is nobody of them alive, soon?"
    end = time.monotonic()+20
    while family(pid) and time.monotonic() < end: time.sleep(.05)
    return not family(pid)

def stopped(tmp_path, mnist, workers, how):
    "A process that a signal has ended in the middle of its work; another one, if it was done before"
    for _ in range(10):
        p = started(tmp_path, mnist, workers); p.send_signal(how); p.wait(timeout=60); p.stderr.close(); assert dies_out(p.pid)
        if p.returncode and 1 <= len(list(tmp_path.glob('d.npz.part-*'))) < 10: return p
        for f in tmp_path.glob('*d.npz*'): f.unlink()

@pytest.mark.skipif(not Path('/proc/self/stat').exists(), reason='looks for processes where Linux lists them')
@pytest.mark.parametrize('workers', [1, 2])
def test_killed_and_gone_on(tmp_path, mnist, monkeypatch, workers):
    tracer = Tracer.from_pretrained(); assert stopped(tmp_path, mnist, workers, signal.SIGKILL) and not (tmp_path/'d.npz').exists()
    there, made = len(list(tmp_path.glob('d.npz.part-*'))), []
    once = stroke_mnist._make_part; monkeypatch.setattr(stroke_mnist, '_make_part', lambda *a: made.append(1) or once(*a))
    trace_mnist(tmp_path/'d.npz', mnist, tracer, part=10, quiet=True); assert len(made) == 10-there
    monkeypatch.undo(); trace_mnist(tmp_path/'e.npz', mnist, tracer, part=10, quiet=True)
    assert (tmp_path/'d.npz').read_bytes() == (tmp_path/'e.npz').read_bytes() and names(tmp_path) == ['d.npz', 'e.npz', 'run.py']

@pytest.mark.skipif(not Path('/proc/self/stat').exists(), reason='looks for processes where Linux lists them')
def test_interrupted(tmp_path, mnist):
    assert stopped(tmp_path, mnist, 2, signal.SIGINT) and not (tmp_path/'d.npz').exists() and list(tmp_path.glob('d.npz.part-*'))

class Stopped(Exception): pass

def some_parts(tmp_path, mnist, tracer, monkeypatch, **how):
    "Two parts, and then a stop"
    left, once = [1, 1], stroke_mnist._make_part
    def make(*a):
        if not left: raise Stopped
        left.pop(); return once(*a)
    with monkeypatch.context() as m, pytest.raises(Stopped):
        m.setattr(stroke_mnist, '_make_part', make); trace_mnist(tmp_path/'d.npz', mnist, tracer, part=20, quiet=True, **how)
    assert len(list(tmp_path.glob('d.npz.part-*'))) == 2

def made_again(tmp_path, mnist, tracer, monkeypatch, **how):
    "How many parts are not taken from what is there"
    made, once = [], stroke_mnist._make_part
    with monkeypatch.context() as m:
        m.setattr(stroke_mnist, '_make_part', lambda *a: made.append(1) or once(*a)); trace_mnist(tmp_path/'d.npz', mnist, tracer, **{**dict(part=20, quiet=True), **how})
    assert names(tmp_path) == ['d.npz']; return len(made)

def test_parts_are_taken(tmp_path, mnist, tracer, monkeypatch):
    some_parts(tmp_path, mnist, tracer, monkeypatch); assert made_again(tmp_path, mnist, tracer, monkeypatch) == 3

def test_parts_of_other_weights_are_not_taken(tmp_path, mnist, tracer, monkeypatch):
    some_parts(tmp_path, mnist, tracer, monkeypatch); other = Pencil(); other.weight.data += .01
    assert made_again(tmp_path, mnist, other, monkeypatch) == 5

def test_parts_of_other_pictures_are_not_taken(tmp_path, mnist, tracer, monkeypatch):
    some_parts(tmp_path, mnist, tracer, monkeypatch); path = mnist/MNIST['train'][0]; images = load_mnist('train', mnist).images.copy()
    images[59, 14, 14] ^= 1; write_idx(path, images); assert made_again(tmp_path, mnist, tracer, monkeypatch) == 5

@pytest.mark.parametrize('how', [dict(thin=False), dict(part=25)])
def test_parts_made_otherwise_are_not_taken(tmp_path, mnist, tracer, monkeypatch, how):
    some_parts(tmp_path, mnist, tracer, monkeypatch); assert made_again(tmp_path, mnist, tracer, monkeypatch, **how) == (4 if 'part' in how else 5)

def test_torn_part_is_made_again(tmp_path, mnist, tracer, monkeypatch):
    some_parts(tmp_path, mnist, tracer, monkeypatch); part = min(tmp_path.glob('d.npz.part-*')); part.write_bytes(part.read_bytes()[:-9])
    assert made_again(tmp_path, mnist, tracer, monkeypatch) == 4

def test_sweeps_only_its_own(tmp_path, mnist, tracer):
    mine = ['d.npz.part-list', 'd.npz.part-0123456789ab-1.bak', 'other.npz.part-0123456789ab-001']
    for name in mine: (tmp_path/name).write_text('mine')
    (tmp_path/'.d.npz.part-0123456789ab-001-77.tmp').write_text('torn')
    trace_mnist(tmp_path/'d.npz', mnist, tracer, quiet=True); assert names(tmp_path) == sorted(['d.npz', *mine])

# Bad input

@pytest.mark.parametrize('out', ['d.txt', 'd', 'there.npz', 'folder.npz', ['new.npz', 'there.npz']])
def test_no_such_target(tmp_path, out, mnist, tracer):
    (tmp_path/'there.npz').write_text('mine'); (tmp_path/'folder.npz').mkdir()
    outs = [tmp_path/o for o in out] if isinstance(out, list) else tmp_path/out
    with pytest.raises(BadInput): trace_mnist(outs, mnist, tracer, quiet=True)
    assert names(tmp_path) == ['there.npz'] and (tmp_path/'there.npz').read_text() == 'mine'

def test_replaced_when_asked(tmp_path, mnist, tracer):
    (tmp_path/'d.npz').write_text('old'); trace_mnist(tmp_path/'d.npz', mnist, tracer, overwrite=True, quiet=True); assert len(load_stroke_mnist(tmp_path/'d.npz')) == 100

def test_blank_picture(tmp_path, mnist, tracer):
    images = load_mnist('train', mnist).images.copy(); images[7] = 0; write_idx(mnist/MNIST['train'][0], images)
    with pytest.raises(BadInput, match='picture 7 is blank'): trace_mnist(tmp_path/'d.npz', mnist, tracer)
    assert not names(tmp_path)

@pytest.mark.parametrize('how', [dict(workers=0), dict(part=0)])
def test_no_worker_no_part(tmp_path, mnist, tracer, how):
    with pytest.raises(BadInput): trace_mnist(tmp_path/'d.npz', mnist, tracer, **how)

def test_loads_without_torch():
    code = 'import sys, handwriting_nb.stroke_mnist; print("torch" in sys.modules)'
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.strip() == 'False'
