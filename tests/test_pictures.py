"Pictures: every file that is refused and why, ink found in either polarity, any size, contrast and place, and coordinates that lead back to it"
import gzip, io, struct, zlib
from pathlib import Path
import cv2, numpy as np, pytest
from hypothesis import given, settings, strategies as st
from PIL import Image
from handwriting_nb.digits import SAMPLE, load_mnist, write_idx
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.pictures import framed, read_picture

settings.register_profile('pictures', deadline=None, max_examples=40); settings.load_profile('pictures')
SEVEN = np.array([[0, .05], [.7, 0], [.45, .4], [.2, 1]])

def encoded(image, kind='png', **options):
    file = io.BytesIO(); image.save(file, kind, **options); return file.getvalue()

def painted(strokes, h, w, pen):
    "How much of each pixel a pen covers, (h, w) from 0 to 1"
    image = np.zeros((h, w), np.uint8)
    for s in strokes: cv2.polylines(image, [np.int32(np.round(s*16))[:, None]], False, 255, pen, cv2.LINE_AA, 4)
    return np.float32(image)/255

def seven(size=200, at=(60, 40), long=120, pen=8): return painted([SEVEN*long+at], size, size, pen)

@pytest.fixture
def file(tmp_path):
    def make(data): (tmp_path/'x').write_bytes(data); return tmp_path/'x'
    return make

@pytest.fixture(scope='module')
def digits(): return load_mnist('test', SAMPLE).images

# Files

GREY = (np.arange(30*40) % 251).astype(np.uint8).reshape(30, 40)

@pytest.mark.parametrize('mode', ['L', 'RGB', 'P', '1'])
def test_png_of_every_plain_mode(file, mode):
    image = Image.fromarray(GREY).convert(mode); read = read_picture(file(encoded(image)))
    assert read.dtype == np.float32 and np.allclose(read, np.asarray(image.convert('L'))/255, atol=.005)

def test_jpeg(file):
    image = Image.fromarray(cv2.GaussianBlur(GREY, (0, 0), 5)); read = read_picture(file(encoded(image, 'jpeg', quality=95)))
    assert read.shape == (30, 40) and np.abs(read-np.asarray(image)/255).max() < .05

@pytest.mark.parametrize('note, turn', [(3, 2), (6, 3), (8, 1)])
def test_jpeg_is_turned_as_its_camera_was_held(file, note, turn):
    image = np.zeros((40, 60), np.uint8); image[:10, :20] = 255; exif = Image.Exif(); exif[0x0112] = note
    read = read_picture(file(encoded(Image.fromarray(image), 'jpeg', exif=exif)))
    assert np.abs(read-np.rot90(image, turn)/255).mean() < .02

def test_broken_exif_is_no_reason(file):
    data = encoded(Image.fromarray(GREY), 'jpeg', exif=b'Exif\0\0MM\0*\xff\xff\xff\xff')
    assert read_picture(file(data)).shape == (30, 40)

def test_idx_of_one_and_of_many(tmp_path, digits):
    write_idx(tmp_path/'many.gz', digits); write_idx(tmp_path/'one', digits[3])
    assert np.array_equal(read_picture(tmp_path/'many.gz', index=3), read_picture(tmp_path/'one'))
    assert np.array_equal(read_picture(tmp_path/'one'), np.float32(digits[3])/255)
    for index in (-1, len(digits)):
        with pytest.raises(BadInput, match='choose one from 0'): read_picture(tmp_path/'many.gz', index=index)

def sixteen_bit_rgb():
    "A PNG of 16 bits a channel, which Pillow would read as 8"
    def chunk(name, data): return struct.pack('>I', len(data))+name+data+struct.pack('>I', zlib.crc32(name+data))
    rows = b''.join(b'\0'+bytes(9*6) for _ in range(9))
    return b'\x89PNG\r\n\x1a\n'+chunk(b'IHDR', struct.pack('>IIBBBBB', 9, 9, 16, 2, 0, 0, 0))+chunk(b'IDAT', zlib.compress(rows))+chunk(b'IEND', b'')

def huge(h, w):
    "A PNG that promises h × w pixels and has none"
    data = bytearray(encoded(Image.new('L', (9, 9)))); data[16:24] = struct.pack('>II', w, h)
    data[29:33] = struct.pack('>I', zlib.crc32(data[12:29])); return bytes(data)

BLANK = Image.new('L', (9, 9))
BAD = {'empty': (b'', 'is empty'), 'text': (b'hello, I am a picture', 'no picture'), 'gif': (encoded(BLANK, 'gif'), 'no picture'),
       'tiff': (encoded(BLANK, 'tiff'), 'no picture'), 'rgba': (encoded(Image.new('RGBA', (9, 9))), 'transparent'),
       'la': (encoded(Image.new('LA', (9, 9))), 'transparent'), 'palette': (encoded(Image.new('P', (9, 9)), transparency=0), 'transparent'),
       'cmyk': (encoded(Image.new('CMYK', (9, 9)), 'jpeg'), 'CMYK'), '16 bits': (encoded(Image.new('I;16', (9, 9))), '8 bits'),
       '16 bits rgb': (sixteen_bit_rgb(), '8 bits'), '1 × 1': (encoded(Image.new('L', (1, 1))), '3 × 3'), '50 MP': (huge(5000, 10_000), '40 million'),
       'bomb': (huge(10**5, 10**5), 'pixels'), 'cut png': (encoded(Image.fromarray(GREY))[:-60], 'cut short'),
       'cut jpeg': (encoded(Image.fromarray(GREY), 'jpeg')[:-200], 'cut short'), 'header': (b'\x89PNG\r\n\x1a\n', 'cut short'),
       'magic': (b'\0\0\x0d\x03'+bytes(12), 'no IDX'), 'cut idx': (b'\0\0\x08\x02\0\0\0\5\0\0\0\5'+bytes(9), 'ends early'),
       'cut gzip': (gzip.compress(b'\0\0\x08\x02\0\0\0\5\0\0\0\5'+bytes(25))[:-9], 'whole'), 'labels': (b'\0\0\x08\x01\0\0\0\2ab', 'labels'),
       'small idx': (b'\0\0\x08\x02\0\0\0\1\0\0\0\1'+b'a', '3 × 3'), 'no pictures': (b'\0\0\x08\x03\0\0\0\0\0\0\0\5\0\0\0\5', '0 pictures')}

@pytest.mark.parametrize('name', BAD)
def test_bad_file_gets_one_line(file, name):
    data, why = BAD[name]; path = file(data)
    with pytest.raises(BadInput, match=why) as e: read_picture(path)
    assert '\n' not in str(e.value) and str(path) in str(e.value)

def test_no_file(tmp_path):
    for path in (tmp_path/'nowhere.png', tmp_path, 'a\0b'):
        with pytest.raises(BadInput): read_picture(path)

def test_large_file_is_not_read(tmp_path):
    with open(tmp_path/'x', 'wb') as f: f.truncate(100_000_001)
    with pytest.raises(BadInput, match='100 MB'): read_picture(tmp_path/'x')

@given(st.sampled_from(['png', 'jpeg']), st.integers(0, 10**6), st.binary(min_size=1, max_size=4))
def test_damaged_file_reads_or_says_why(tmp_path_factory, kind, at, junk):
    data = bytearray(encoded(Image.fromarray(GREY), kind)); at %= len(data); data[at:at+len(junk)] = junk
    path = tmp_path_factory.mktemp('damaged')/'x'; path.write_bytes(data)
    try: assert read_picture(path).ndim == 2
    except BadInput as e: assert '\n' not in str(e)

# Frames

def test_digits_stay_as_they_are(digits):
    for d in digits:
        f = framed(d); assert np.array_equal(f.picture, np.float32(d)/255) and f.scale == 1 and f.corner == (0, 0)

def test_negative_of_a_digit_is_the_digit(digits):
    for d in digits[:50]:
        f = framed(255-d); moved = [np.roll(f.picture, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
        assert .85 < f.scale < 1.12 and min(np.abs(m-d/255).mean() for m in moved) < .08

@given(st.booleans(), st.integers(60, 900), st.floats(.2, .9), st.floats(0, 1), st.floats(0, 1), st.integers(0, 1000))
def test_ink_is_found(light, size, contrast, right, down, seed):
    "The same seven in both polarities, any size, contrast and place, with a little noise"
    long = size*.45; at = np.array([right, down])*(size*.9-long)+size*.05; path = SEVEN*long+at
    ink = painted([path], size, size, max(1, round(size*.03))); noise = np.random.default_rng(seed).normal(size=ink.shape)*.01
    image = np.float32(.05+contrast*ink+noise if light else .95-contrast*ink+noise).clip(0, 1); f = framed(image)
    x, y, w, h = cv2.boundingRect(np.uint8(f.picture > .05)); mass = f.picture.sum()
    assert max(w, h) == 20 and f.picture.max() == 1 and f.picture.dtype == np.float32
    assert abs((f.picture.sum(0)@np.arange(28))/mass-14) < 1.01 and abs((f.picture.sum(1)@np.arange(28))/mass-14) < 1.01
    seen = Ink([(path-f.corner)*f.scale]).resample(.5).points
    assert np.mean([f.picture[y, x] > .3 for x, y in np.round(seen).astype(int)]) > .85

@given(st.integers(40, 1500), st.integers(40, 1500), st.sampled_from([(28, 20), (64, 60)]))
def test_back_leads_onto_the_ink(h, w, frame):
    path = np.array([.2, .2])*[w, h]+SEVEN*[.6*w, .6*h]; pen = max(2, min(h, w)//25)
    ink = painted([path], h, w, pen); f = framed(1-ink, *frame); there = Ink([(path-f.corner)*f.scale])
    assert np.allclose(f.back(there).points, path, atol=.01) and f.picture.shape == frame[:1]*2
    ys, xs = np.nonzero(f.picture > .6); home = np.round(f.back(Ink([np.stack([xs, ys], 1)])).points).astype(int)
    near = cv2.dilate(ink, np.ones((2*round(1.2/f.scale)+3,)*2)) > .5
    assert near[home[:, 1].clip(0, h-1), home[:, 0].clip(0, w-1)].all()

@given(st.integers(3, 2000), st.integers(3, 2000))
def test_every_size_gives_a_frame_or_a_reason(h, w):
    image = np.ones((h, w), np.float32); image[h//3:h//3+max(1, h//3), w//3:w//3+max(1, w//3)] = 0
    try: assert framed(image).picture.shape == (28, 28)
    except BadInput as e: assert '\n' not in str(e)

def test_colours_and_numbers_do_not_matter():
    image = np.uint8(255*(1-.8*seven())); plain = framed(image).picture
    for other in (np.repeat(image[..., None], 3, 2), image/255, np.float16(image/255)): assert np.allclose(framed(other).picture, plain, atol=.02)

def test_light_and_specks_do_not_matter():
    ink = seven(400, (120, 80), 240, 14); y, x = np.mgrid[0:1:400j, 0:1:400j]; plain = framed(1-ink)
    shaded = (1-.8*ink)*(1-.6*x)*(1-.2*y); shaded[5:8, 5:8] = 0; shaded[380:383, 30:34] = 0
    assert np.abs(framed(shaded).picture-plain.picture).mean() < .02

@pytest.mark.parametrize('pen', [1, 2, 4])
def test_thin_pen_is_neither_pale_nor_broken(pen):
    f = framed(1-painted([SEVEN*800+100], 1000, 1000, pen)).picture
    assert cv2.connectedComponents(np.uint8(f > .25))[0] == 2 and f.sum() > 25

@pytest.mark.parametrize('image', [np.zeros((28, 28)), np.ones((28, 28)), np.full((50, 60), .5), np.full((9, 9), np.nan), np.full((9, 9), np.inf), np.ones((1, 1)),
    np.ones((2, 90)), np.ones((9, 9), np.uint16), np.ones((9, 9), np.int16), np.ones((9, 9), complex), np.ones((9, 9, 4), np.uint8), np.ones((9, 9, 1)), np.ones(9),
    np.full((9, 9), 255.), np.zeros((0, 9)), np.broadcast_to(np.uint8(0), (10_000, 5_000)), np.full((9, 9), 'a'), None, [[1, 2], [3]]], ids=str)
def test_bad_array_gets_one_line(image):
    with pytest.raises(BadInput) as e: framed(image)
    assert '\n' not in str(e.value)

@pytest.mark.parametrize('seed', range(5))
def test_noise_and_blank_paper_have_no_ink(seed):
    rng = np.random.default_rng(seed); shade = np.linspace(.9, .4, 300)[None]
    for image in (rng.random((300, 300)), (shade+.02*rng.normal(size=(300, 300))).clip(0, 1)):
        with pytest.raises(BadInput, match='no ink'): framed(image)

@pytest.mark.parametrize('size, box', [(28, 29), (28, 0), (1000, 20)])
def test_impossible_frames(size, box):
    with pytest.raises(BadInput, match='not possible'): framed(seven(), size, box)
