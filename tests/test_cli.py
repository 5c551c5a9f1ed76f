"Bad input gets one line and exit status 2; nothing half-written, nothing overwritten."
import gzip, io, json, shutil, subprocess, sys
from functools import partial
from types import SimpleNamespace
import numpy as np, pytest
from handwriting_nb.cli import main
from handwriting_nb.digits import MNIST, SAMPLE, load_mnist, write_idx
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.recogniser import edits
from handwriting_nb.stroke_mnist import load_stroke_mnist
from handwriting_nb.tracer import Tracer
from handwriting_nb.writer import DATA

def run(*args, cwd):
    return subprocess.run([sys.executable, '-m', 'handwriting_nb.cli', *map(str, args)], cwd=cwd, capture_output=True, text=True)

@pytest.fixture
def inside(tmp_path, monkeypatch, capsys):
    "The command without a process of its own, which would take seconds to start"
    def call(*args, stdin=''):
        monkeypatch.chdir(tmp_path); monkeypatch.setattr(sys, 'stdin', io.TextIOWrapper(io.BytesIO(stdin.encode()))); monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
        with pytest.raises(SystemExit) as e: main([*map(str, args)])
        out, err = capsys.readouterr(); return SimpleNamespace(returncode=e.value.code, stdout=out, stderr=err)
    return call

@pytest.mark.parametrize('suffix', ['svg', 'png', 'pdf', 'gif', 'mp4', 'inkml', 'json'])
def test_every_format(tmp_path, inside, suffix):
    r = inside('write', 'Jon', '-o', f'jon.{suffix}', '--seed', 1)
    assert r.returncode == 0, r.stderr
    assert (tmp_path/f'jon.{suffix}').stat().st_size > 200

def test_same_seed_same_file(tmp_path, inside):
    for call, name in (inside, 'a'), (partial(run, cwd=tmp_path), 'b'): assert call('write', 'Winter is coming', '-o', f'{name}.svg', '--seed', 5, '--style', 2).returncode == 0
    assert (tmp_path/'a.svg').read_bytes() == (tmp_path/'b.svg').read_bytes()

def test_default_name_never_overwrites(tmp_path, inside):
    for _ in range(2): assert inside('write', 'Jon').returncode == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ['handwriting-2.svg', 'handwriting.svg']

def test_lines_of_standard_input_become_lines_of_ink(tmp_path, inside):
    assert inside('write', '-o', 'two.svg', '--seed', 1, stdin='Winter\nis coming\n').returncode == 0
    x0, y0, x1, y1 = Ink.open(tmp_path/'two.svg').bounds(); assert y1-y0 > 40

BAD = {'empty': ['write', ''], 'spaces': ['write', '   '], 'character': ['write', 'naïve'], 'far character': ['write', 'привет'], 'control': ['write', 'a\x07b'],
       'style': ['write', 'x', '--style', 99], 'bias': ['write', 'x', '--bias', '-1'], 'bias nan': ['write', 'x', '--bias', 'nan'], 'bias inf': ['write', 'x', '--bias', 'inf'],
       'suffix': ['write', 'x', '-o', 'x.doc'], 'no suffix': ['write', 'x', '-o', 'x'], 'folder': ['write', 'x', '-o', 'folder.svg'], 'exists': ['write', 'x', '-o', 'there.svg'],
       'below a file': ['write', 'x', '-o', 'there.svg/x.svg'], 'weights missing': ['write', 'x', '--weights', 'none.safetensors'], 'weights torn': ['write', 'x', '--weights', 'torn.safetensors'],
       'weights name': ['write', 'x', '--weights', 'scribe'], 'gpu': ['write', 'x', '--device', 'cuda'], 'device': ['write', 'x', '--device', 'abacus'], 'seed': ['write', 'x', '--seed', '-3'],
       'width': ['write', 'x', '--width', 0], 'no text': ['write'], 'network': ['train', 'poetry', '--out', 'run'], 'data': ['train', 'synthesis', '--data', 'nowhere', '--out', 'run'],
       'tracer minutes': ['train-tracer', '--out', 'run', '--minutes', 0], 'tracer share': ['train-tracer', '--out', 'run', '--free', 2],
       'tracer start': ['train-tracer', '--out', 'run', '--start', 'pen'], 'tracer data': ['train-tracer', '--out', 'run', '--data', 'nowhere'],
       'tracer below a file': ['train-tracer', '--out', 'there.svg/run', '--data', str(DATA/'mnist-sample'), '--minutes', .01],
       'letters': ['digits', '20x6'], 'no digit': ['digits', ''], 'digit of another script': ['digits', '२'], 'digits bias': ['digits', '7', '--bias', '-1'], 'digits bias nan': ['digits', '7', '--bias', 'nan'],
       'digits width': ['digits', '7', '--width', 0], 'digits rows': ['digits', '7', '--rows', 0], 'digits seed': ['digits', '7', '--seed', -1], 'digits there': ['digits', '7', '-o', 'there.svg'],
       'digits suffix': ['digits', '7', '-o', 'seven.doc'], 'digits weights': ['digits', '7', '--weights', 'writer'], 'digits weights torn': ['digits', '7', '--weights', 'torn.safetensors'],
       'line name': ['train-line', 'line-rnn', '--out', 'run'], 'line steps': ['train-line', 'line-l2', '--out', 'run', '--steps', 0], 'line data': ['train-line', 'line-l2', '--out', 'run', '--data', 'nowhere'],
       'line hidden': ['train-line', 'line-l2', '--out', 'run', '--hidden', 10**9], 'line layers': ['train-line', 'line-l2', '--out', 'run', '--layers', 13], 'digits hidden': ['train-digits', '--out', 'd.safetensors', '--hidden', 5000],
       'digits batch': ['train-digits', '--out', 'd.safetensors', '--batch', 0], 'digits cell': ['train-digits', '--out', 'd.safetensors', '--cell', 'rnn'], 'digits dropout': ['train-digits', '--out', 'd.safetensors', '--dropout', 1], 'digits out': ['train-digits', '--out', 'd.pt'],
       'evaluate name': ['evaluate', 'scribe'], 'evaluate torn': ['evaluate', 'torn.safetensors'], 'evaluate digits': ['evaluate', 'digits'], 'evaluate judge': ['evaluate', 'judge'],
       'evaluate squared error': ['evaluate', 'line-l2'], 'evaluate lines': ['evaluate', 'writer', '--lines', 0], 'evaluate data': ['evaluate', 'writer', '--data', 'nowhere'], 'evaluate gpu': ['evaluate', 'writer', '--device', 'cuda'],
       'write with the paper': ['write', 'x', '--weights', 'paper-synthesis'], 'start': ['train', 'synthesis', '--start', 'line-lstm', '--out', 'run'], 'dropout': ['train', 'synthesis', '--dropout', 1, '--out', 'run'],
       'shear': ['train', 'synthesis', '--shear', 'nan', '--out', 'run'], 'noise': ['train', 'synthesis', '--noise', 2, '--out', 'run'], 'adaptive': ['train', 'synthesis', '--adaptive', '--out', 'run'], 'rate': ['train', 'synthesis', '--rate', 'inf', '--out', 'run'],
       'best of none': ['write', 'x', '--best-of', 0], 'best of many': ['write', 'x', '--best-of', 999], 'height of a picture': ['write', 'x', '-o', 'x.png', '--height', 5],
       'height': ['write', 'x', '--height', 0], 'animated picture': ['write', 'x', '-o', 'x.png', '--animate'], 'accents folded': ['write', 'é', '--accents', '--fold'], 'accents': ['write', '☃', '--accents'],
       'hand missing': ['write', 'x', '--hand', 'none.svg'], 'hand torn': ['write', 'x', '--hand', 'torn.safetensors'], 'from missing': ['write', '--from', 'none.txt', '--out', 'many', '--count', 3],
       'from alone': ['write', '--from', 'there.svg'], 'count alone': ['write', 'x', '--count', 3], 'count': ['write', '--from', 'there.svg', '--out', 'many', '--count', 0],
       'page empty': ['page', ' '], 'page paper': ['page', 'x', '--paper', 'papyrus'], 'page size': ['page', 'x', '--paper', '1x1'], 'page ruling': ['page', 'x', '--ruling', 'wavy'], 'page align': ['page', 'x', '--align', 'up'],
       'page margin': ['page', 'x', '--margin', 500], 'page spacing': ['page', 'x', '--spacing', 0], 'page character': ['page', 'naïve'], 'page format': ['page', 'x', '-o', 'x.gif'], 'page there': ['page', 'x', '-o', 'there.svg'],
       'read missing': ['read', 'none.svg'], 'read nothing': ['read', 'there.svg'], 'read weights': ['read', 'there.svg', '--weights', 'scribe'], 'read torn': ['read', 'there.svg', '--weights', 'torn.safetensors'],
       'learn says': ['learn', 'there.svg', '-o', 'mine.safetensors', '--says', 'a', '--says', 'b'], 'learn missing': ['learn', 'none.svg', '-o', 'mine.safetensors'], 'learn out': ['learn', 'there.svg', '-o', 'mine.pt'],
       'learn minutes': ['learn', 'there.svg', '-o', 'mine.safetensors', '--minutes', 0], 'reader steps': ['train-recogniser', '--out', 'run', '--steps', 0], 'reader data': ['train-recogniser', '--out', 'run', '--data', 'nowhere'],
       'steps': ['train', 'synthesis', '--steps', 0, '--out', 'run'], 'not a number': ['write', 'x', '--bias', 'much'], 'option': ['write', 'x', '--font', 'Arial']}

@pytest.mark.parametrize('args', BAD.values(), ids=BAD.keys())
def test_bad_input(tmp_path, inside, args):
    (tmp_path/'there.svg').write_text('mine'); (tmp_path/'folder.svg').mkdir()
    (tmp_path/'torn.safetensors').write_bytes(b'\x08\0\0\0'); (tmp_path/'torn.json').write_text('{"alphabet": "ab"}')
    before = sorted(tmp_path.iterdir())
    r = inside(*args)
    assert r.returncode == 2 and r.stdout == ''
    assert len(r.stderr.strip().splitlines()) == 1, r.stderr
    assert sorted(tmp_path.iterdir()) == before and (tmp_path/'there.svg').read_text() == 'mine'

def test_what_is_written_can_be_read_and_written_like(tmp_path, inside):
    assert inside('write', 'the winter is coming', '--bias', 1.5, '--style', 2, '--seed', 1, '--best-of', 4, '-o', 'a.svg').returncode == 0
    r = inside('read', 'a.svg'); assert r.returncode == 0 and edits(r.stdout.strip(), 'the winter is coming') < 5
    assert inside('write', 'the snow', '--hand', 'a.svg', '--seed', 1, '-o', 'b.svg').returncode == 0 and Ink.open(tmp_path/'b.svg').text == 'the snow'

def test_looks_of_a_line(tmp_path, inside):
    assert inside('write', 'Jon', '--seed', 1, '--style', 2, '-o', 'a.svg', '--height', 6, '--pressure', '--animate').returncode == 0
    text = (tmp_path/'a.svg').read_text(); assert 'mm"' in text and '@keyframes' in text
    for name, more in ('plain', []), ('fair', ['--fair']), ('plot', ['--plotter']): assert inside('write', 'Jon Snow', '--seed', 1, '--style', 2, '-o', f'{name}.svg', *more).returncode == 0
    plain, fair, plot = (Ink.open(tmp_path/f'{n}.svg') for n in ('plain', 'fair', 'plot'))
    assert len(fair) > len(plain) == len(Ink.open(tmp_path/'plain.svg')) and len(plot.strokes) == len(plain.strokes) and plot.travel() <= plain.travel()*1.01

def test_accents_are_drawn(tmp_path, inside):
    for name, text, more in ('a', 'cafe', []), ('b', 'café', ['--accents']): assert inside('write', text, '--seed', 1, '--style', 2, '-o', f'{name}.svg', *more).returncode == 0
    a, b = (Ink.open(tmp_path/f'{n}.svg') for n in 'ab'); assert len(b.strokes) == len(a.strokes)+1 and b.text == 'café'

def test_a_letter_on_pages(tmp_path, inside):
    r = inside('page', ' '.join(['the night is dark and full of terrors, and so is the next one']*5), '--paper', '80x40', '--seed', 1, '--style', 2, '-o', 'new/letter.svg'); assert r.returncode == 0, r.stderr
    names = r.stdout.split(); assert len(names) > 1 and all((tmp_path/n).is_file() for n in names) and 'width="80mm"' in (tmp_path/names[0]).read_text()
    assert inside('page', 'Winter', '--paper', 'card', '--ruling', 'ruled', '-o', 'card.pdf').returncode == 0 and (tmp_path/'card.pdf').read_bytes().startswith(b'%PDF')

def test_lines_in_large_numbers(tmp_path, inside):
    (tmp_path/'texts.txt').write_text('winter is coming\nthe night is dark\n')
    for _ in range(2): assert inside('write', '--from', 'texts.txt', '--out', 'many', '--count', 3, '--workers', 1).returncode == 0
    lines = [json.loads(l) for f in sorted((tmp_path/'many').glob('*.jsonl')) for l in f.read_text().splitlines()]; assert len(lines) == 3

def test_a_process_ends_with_status_2_and_one_line(tmp_path):
    r = run('write', 'naïve', '-o', 'new/x.svg', cwd=tmp_path)
    assert r.returncode == 2 and r.stdout == '' and len(r.stderr.strip().splitlines()) == 1 and not [*tmp_path.iterdir()]

def test_fold_offers_and_writes(tmp_path, inside):
    r = inside('write', 'José'); assert "'é'" in r.stderr and 'position 4' in r.stderr and "'e'" in r.stderr and '--fold' in r.stderr
    assert inside('write', 'José', '--fold').returncode == 0

def test_overwrites_when_asked(tmp_path, inside):
    (tmp_path/'there.svg').write_text('old')
    assert inside('write', 'x', '-o', 'there.svg', '--force').returncode == 0
    assert Ink.open(tmp_path/'there.svg').text == 'x'

def test_training_goes_on_from_weights_of_ones_own(tmp_path, inside):
    train = ['train', 'synthesis', '--data', DATA/'iam-sample', '--steps', 1, '--batch', 4]
    assert inside(*train, '--start', 'writer', '--out', 'a').returncode == 0
    assert inside(*train, '--start', 'a/network.safetensors', '--out', 'b').returncode == 0
    assert inside('write', 'Jon', '--weights', 'b/network.safetensors', '-o', 'jon.svg').returncode == 0
    assert inside(*train, '--start', 'b/network.safetensors', '--noise', .02, '--adaptive', '--out', 'd').returncode == 0
    r = inside(*train, '--start', 'b/log.csv', '--out', 'c'); assert r.returncode == 2 and not (tmp_path/'c').exists(), r.stderr

# Pictures

def painted(light_on_dark=False, size=(200, 300)):
    "A four as a brush paints it: (H, W) uint8, and which of its pixels are ink"
    cv2 = pytest.importorskip('cv2'); ink = np.zeros(size, np.uint8)
    for line in ([(120, 40), (105, 110), (190, 108)], [(172, 35), (165, 170)]): cv2.polylines(ink, [np.int32(line)], False, 255, 11, cv2.LINE_AA)
    return ink if light_on_dark else 255-ink, ink > 128

def test_help_comes_without_torch_and_names_the_commands(tmp_path):
    r = run('--help', cwd=tmp_path); assert r.returncode == 0 and 'trace' in r.stdout and 'digits-dataset' in r.stdout
    code = 'import sys, handwriting_nb.cli; print({"torch", "cv2"} & {*sys.modules})'
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.strip() == 'set()'

@pytest.mark.parametrize('light_on_dark', [False, True])
def test_strokes_lie_on_the_ink(tmp_path, inside, light_on_dark):
    cv2 = pytest.importorskip('cv2'); picture, ink = painted(light_on_dark); cv2.imwrite(str(tmp_path/'four.png'), picture)
    r = inside('trace', 'four.png'); assert r.returncode == 0 and r.stdout.strip() == 'four.svg', r.stderr
    traced = Ink.open(tmp_path/'four.svg'); x, y = np.round(traced.resample(1).points).astype(int).T
    near = cv2.dilate(np.uint8(ink), np.ones((13, 13), np.uint8)) > 0      # a pixel of the tracer's picture is seven of these
    assert near[y, x].mean() > .97 and ink[y, x].mean() > .8 and len(traced.strokes) == 2
    drawn = np.ones_like(picture); drawn[y, x] = 0; far = cv2.distanceTransform(drawn, cv2.DIST_L2, 5)[ink]
    assert (far < 13).mean() > .95, 'some of the ink has no stroke'

@pytest.mark.parametrize('suffix', ['png', 'gif', 'inkml'])
def test_traces_into_every_format(tmp_path, inside, suffix):
    pytest.importorskip('cv2').imwrite(str(tmp_path/'four.jpg'), painted()[0])
    r = inside('trace', 'four.jpg', '-o', f'new/four.{suffix}', '--size', 28); assert r.returncode == 0, r.stderr
    assert (tmp_path/f'new/four.{suffix}').stat().st_size > 200

def test_traces_a_digit_of_many(tmp_path, inside):
    name = SAMPLE/MNIST['test'][0]
    for i, out in ((0, 'a.svg'), (7, 'b.svg')): assert inside('trace', name, '--index', i, '-o', out).returncode == 0
    assert Ink.open(tmp_path/'a.svg') != Ink.open(tmp_path/'b.svg')

def test_tracing_never_overwrites(tmp_path, inside):
    pytest.importorskip('cv2').imwrite(str(tmp_path/'four.png'), painted()[0]); (tmp_path/'four.svg').write_text('mine')
    assert inside('trace', 'four.png').stdout.strip() == 'four-2.svg' and (tmp_path/'four.svg').read_text() == 'mine'
    r = inside('trace', 'four.png', '-o', 'four.svg'); assert r.returncode == 2 and '--force' in r.stderr
    assert inside('trace', 'four.png', '-o', 'four.svg', '--force').returncode == 0 and len(Ink.open(tmp_path/'four.svg')) > 5

def png(path, array):
    from PIL import Image
    Image.fromarray(array).save(path)

PICTURES = {'text': lambda p: p.write_text('a digit'), 'empty': lambda p: p.write_bytes(b''), 'folder': lambda p: p.mkdir(), 'missing': lambda p: None,
    'blank, white': lambda p: png(p, np.full((40, 40), 255, np.uint8)), 'blank, black': lambda p: png(p, np.zeros((40, 40), np.uint8)), 'blank, grey': lambda p: png(p, np.full((40, 40), 117, np.uint8)),
    'four channels': lambda p: png(p, np.full((40, 40, 4), 255, np.uint8)), '16 bits': lambda p: png(p, np.full((40, 40), 999, np.uint16)), 'one pixel': lambda p: png(p, np.zeros((1, 1), np.uint8)),
    'a line of pixels': lambda p: png(p, np.zeros((1, 500), np.uint8)), 'huge': lambda p: png(p, np.full((7100, 7100), 255, np.uint8)), 'PNG cut short': lambda p: (png(p, np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8)), p.write_bytes(p.read_bytes()[:2000])),
    'IDX cut short': lambda p: p.write_bytes(gzip.decompress((SAMPLE/MNIST['test'][0]).read_bytes())[:-1]), 'compressed IDX cut short': lambda p: p.write_bytes((SAMPLE/MNIST['test'][0]).read_bytes()[:-9]),
    'IDX of floats': lambda p: p.write_bytes(bytes([0, 0, 13, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28])+bytes(4*784)), 'wrong magic number': lambda p: p.write_bytes(bytes([0, 1, 8, 3])+bytes(90)),
    'labels': lambda p: p.write_bytes((SAMPLE/MNIST['test'][1]).read_bytes()), 'IDX of nothing': lambda p: p.write_bytes(bytes([0, 0, 8, 3])+bytes(12)),
    'IDX of blank pictures': lambda p: p.write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28])+bytes(784))}

def refused(r, tmp_path, before):
    assert r.returncode == 2 and r.stdout == '' and len(r.stderr.strip().splitlines()) == 1, r.stderr
    assert sorted(tmp_path.rglob('*')) == before, 'something was written'

@pytest.mark.parametrize('make', PICTURES.values(), ids=PICTURES.keys())
def test_what_is_no_picture_of_a_digit(tmp_path, inside, make):
    make(tmp_path/'picture.png'); before = sorted(tmp_path.rglob('*'))
    refused(inside('trace', 'picture.png', '-o', 'new/out.svg'), tmp_path, before)

@pytest.mark.parametrize('options', [('-o', 'out.doc'), ('-o', 'out'), ('--size', '5'), ('--size', '4000'), ('--size', 'big'), ('--index', '-1'), ('--index', '1000'),
                                     ('--weights', 'none.safetensors'), ('--weights', 'writer'), ('-o', 'there.svg'), ('-o', 'there.svg/x.svg')])
def test_options_of_trace(tmp_path, inside, options):
    (tmp_path/'there.svg').write_text('mine'); before = sorted(tmp_path.rglob('*'))
    refused(inside('trace', SAMPLE/MNIST['test'][0], *options), tmp_path, before)

@pytest.mark.parametrize('image', [np.full((28, 28), np.nan), np.full((28, 28), np.inf), np.full((28, 28), 7.), np.zeros((28, 28)), np.zeros((28, 28, 4)), np.zeros((28, 28), np.uint16),
                                   np.zeros((1, 1)), np.zeros((0, 28)), np.zeros(28), np.array('seven'), np.where(np.eye(28) > 0, np.nan, 0.)], ids=range(11))
def test_arrays_that_are_no_picture(image):
    with pytest.raises(BadInput) as e: Tracer.from_pretrained()(image)
    assert '\n' not in str(e.value)

# All of MNIST

def test_digits_dataset(tmp_path, inside):
    r = inside('digits-dataset', '--data', SAMPLE, '--out', 'new/d.npz', '--out', 'd.zip', '--workers', 1)
    assert r.returncode == 0 and r.stdout.split() == ['new/d.npz', 'd.zip'] and '500 digits' in r.stderr, r.stderr
    for name in ('new/d.npz', 'd.zip'): assert (load_stroke_mnist(tmp_path/name, 'test').labels == load_mnist('test', SAMPLE).labels).all()
    assert sorted(p.name for p in tmp_path.rglob('*') if p.is_file()) == ['d.npz', 'd.zip']

def other_labels(folder): write_idx(folder/MNIST['train'][1], load_mnist('train', SAMPLE).labels[:-1])
def cut_short(folder): p = folder/MNIST['test'][0]; p.write_bytes(p.read_bytes()[:-20])
def wrong_magic(folder): (folder/MNIST['test'][0]).write_bytes(b'\x89PNG'+bytes(99))
def one_missing(folder): (folder/MNIST['test'][1]).unlink()
def blank(folder): write_idx(folder/MNIST['test'][0], np.zeros((100, 28, 28), np.uint8))
def small(folder): write_idx(folder/MNIST['test'][0], np.full((100, 2, 2), 255, np.uint8))
def wide(folder): [write_idx(folder/MNIST[s][0], np.full((n, 3, 70), 255, np.uint8)) for s, n in (('train', 400), ('test', 100))]
def tiny(folder): [write_idx(folder/MNIST[s][0], np.full((n, 2, 2), 255, np.uint8)) for s, n in (('train', 400), ('test', 100))]
def no_pixels(folder): [write_idx(folder/MNIST[s][0], np.zeros((n, 0, 28), np.uint8)) for s, n in (('train', 400), ('test', 100))]
def cubes(folder): write_idx(folder/MNIST['test'][1], np.zeros((100, 1), np.uint8))

@pytest.mark.parametrize('harm', [other_labels, cut_short, wrong_magic, one_missing, blank, small, wide, tiny, no_pixels, cubes])
def test_what_is_no_mnist(tmp_path, inside, harm):
    shutil.copytree(SAMPLE, tmp_path/'mnist'); harm(tmp_path/'mnist'); before = sorted(tmp_path.rglob('*'))
    refused(inside('digits-dataset', '--data', 'mnist', '--out', 'new/d.npz', '--workers', 1), tmp_path, before)

@pytest.mark.parametrize('options', [('--out', 'd.txt'), ('--out', 'there.npz'), ('--out', 'd.npz', '--out', 'there.npz'), ('--out', 'there.npz/d.npz'), (), ('--out', 'd.npz', '--workers', '0'),
                                     ('--out', 'd.npz', '--weights', 'none'), ('--out', 'd.npz', '--data', 'nowhere'), ('--out', 'd.npz', '--out', 'd.npz')])
def test_options_of_digits_dataset(tmp_path, inside, options):
    (tmp_path/'there.npz').write_text('mine'); before = sorted(tmp_path.rglob('*'))
    data = () if '--data' in options else ('--data', SAMPLE)
    refused(inside('digits-dataset', *data, *options), tmp_path, before)

def test_a_tracer_is_taught_and_traces(tmp_path, inside, monkeypatch):
    import cv2, numpy as np
    teach = ['train-tracer', '--data', DATA/'mnist-sample', '--start', 'tracer', '--minutes', .03, '--free', 0, '--out', 'mine']
    monkeypatch.setenv('HANDWRITING_DATA', str(tmp_path/'none')); r = inside(*teach); assert r.returncode == 0, r.stderr
    seven = np.full((60, 50), 250, np.uint8); cv2.polylines(seven, [np.array([[8, 8], [40, 10], [20, 52]])], False, 20, 4); cv2.imwrite(str(tmp_path/'7.png'), seven)
    r = inside('trace', '7.png', '-o', '7.svg', '--weights', 'mine/tracer.safetensors'); assert r.returncode == 0, r.stderr
    assert len(Ink.open(tmp_path/'7.svg').strokes) == 1
    r = inside(*teach); assert r.returncode == 2 and 'exists' in r.stderr

# Digits, and what writes without a text

def test_numbers_of_any_length(tmp_path, inside):
    assert inside('digits', '2026', '--seed', 1, '-o', 'new/year.svg').returncode == 0 and inside('digits', '2026', '--seed', 1, '-o', 'again.svg').returncode == 0
    assert (tmp_path/'new/year.svg').read_bytes() == (tmp_path/'again.svg').read_bytes() and len(Ink.open(tmp_path/'again.svg').strokes) >= 4
    for _ in range(2): assert inside('digits', '0'*70).returncode == 0
    assert (tmp_path/'digits-2.svg').exists() and Ink.open(tmp_path/'digits.svg').text.split('\n') == ['0'*60, '0'*10]

def test_networks_without_a_text_are_trained(tmp_path, inside):
    r = inside('train-line', 'line-gru', '--data', DATA/'iam-sample', '--out', 'run', '--hidden', 8, '--steps', 2, '--batch', 4); assert r.returncode == 0 and r.stdout.strip() == 'run/line-gru.safetensors', r.stderr
    assert (tmp_path/'run/line-gru.json').is_file()

def test_writers_of_digits_are_trained(tmp_path, inside, monkeypatch):
    for name in ('HANDWRITING_CACHE', 'HANDWRITING_DATA'): monkeypatch.setenv(name, str(tmp_path/'none'))    # so that the sample in the package is taken
    r = inside('train-digits', '--out', 'd.safetensors', '--cell', 'gru', '--each', '--hidden', 8, '--dropout', .1, '--steps', 2, '--batch', 20); assert r.returncode == 0 and r.stdout.strip() == 'd.safetensors', r.stderr
    about = json.loads((tmp_path/'d.json').read_text()); assert about['nets'] == 10 and about['cell'] == 'gru' and 'batch=20' in about['command'] and about['digits'] > 300 and about['nats_per_point'] > 0
    assert inside('digits', '42', '--weights', 'd.safetensors', '-o', 'd.svg').returncode == 0 and inside('digits', '42', '--weights', 'digits-lstm', '-o', 'ten.svg').returncode == 0

def test_a_wrong_name_lists_the_writers_of_digits(inside):
    r = inside('digits', '7', '--weights', 'digit'); assert r.returncode == 2 and 'digits, digits-gru, digits-lstm, digits-one-gru' in r.stderr
