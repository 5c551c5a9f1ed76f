"Accents and signs: what a text is spelled as, where marks come to stand, and what is refused by name"
import unicodedata
import numpy as np, pytest
from hypothesis import given, settings, strategies as st
from handwriting_nb.characters import ABOVE, BELOW, OVER, PLAIN, SIGNS, THROUGH, Cell, dress, drawn, plain, spelled, _box, _placed
from handwriting_nb.ink import BadInput, Ink
from handwriting_nb.sampling import Trace
from handwriting_nb.window import Alphabet
from handwriting_nb.writer import Writer

settings.register_profile('characters', deadline=None, max_examples=60); settings.load_profile('characters')
ALPHABET = Alphabet(" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'\"-()")

def letter(x, kind='n'):
    "Strokes of a letter at x: arches 4 high over y = 0, an i with its dot, a flat hyphen"
    t = np.linspace(0, 1, 9); arch = np.stack([x+3*t, -4*np.sin(np.pi*t)], 1)
    return {'i': [np.stack([np.full(9, x+1.), 4*t-4], 1), np.stack([x+1+.2*t[:3], np.full(3, -6.)], 1)], '-': [np.stack([x+2*t, np.full(9, -2.)], 1)], ' ': []}.get(kind, [arch])

def trace(text):
    "A `Trace` of one letter beside the other, at which the window looks exactly while they are written"
    written = [(s, k) for k, c in enumerate(text) for s in letter(6.*k, c)]; ink = Ink([s for s, _ in written], text)
    phi = np.eye(len(text)+1)[np.concatenate([np.full(len(s), k) for s, k in written])]
    return Trace(text, ink.offsets(), phi, True)

def added(text):
    "Strokes that `dress` has added to the plain letters, and the ink"
    cells = spelled(text, ALPHABET); t = trace(plain(cells)); ink = dress(t, cells); old = {s.tobytes() for s in t.ink.strokes}
    return [s for s in ink.strokes if s.tobytes() not in old], ink, t

@pytest.mark.parametrize('text, written', [('Café', 'Cafe'), ('Cafe\u0301', 'Cafe'), ('naïve — “so”…', 'naive - "so"...'), ('Łódź', 'Lodz'), ('Straße, Æon', 'Strasse, Aeon'), ('a\u00a0b\u00ad', 'a b'), ('5 € & 3 £', '5 C - 3 -'), ('ế', 'e'),
                                           ('q̃', 'q')])
def test_spelling(text, written):
    cells = spelled(text, ALPHABET)
    assert plain(cells) == written and ''.join(c.says for c in cells) == unicodedata.normalize('NFC', text).replace('\xad', '')

@given(st.text(st.sampled_from(ALPHABET.characters+'éüñçøåŁ—€&“…'), max_size=40))
def test_what_is_spelled_can_be_written_and_says_the_text(text):
    cells = spelled(text, ALPHABET)
    assert plain(cells) in ALPHABET and ''.join(c.says for c in cells) == text and all(len(c.plain) == 1 or not c.plain for c in cells)
    assert all(m in {**ABOVE, **BELOW, **THROUGH} or c.mark in SIGNS for c in cells for m in c.mark)

@given(st.text(max_size=20))
def test_any_text_is_spelled_or_refused_in_one_line(text):
    try: assert plain(spelled(text, ALPHABET)) in ALPHABET
    except BadInput as e: assert '\n' not in str(e)

@pytest.mark.parametrize('text, name', [('Хлеб', 'cyrillic'), ('日本', 'cjk'), ('שלום', 'hebrew'), ('ả', 'hook above'), ('a\x07', '0007'), ('😀', 'grinning')])
def test_what_cannot_be_drawn_is_named(text, name):
    with pytest.raises(BadInput, match=name): spelled(text, ALPHABET)

def test_every_mark_and_sign_has_a_shape():
    assert set(OVER) == set(THROUGH) and all(len(s) > 1 for shape in (*ABOVE.values(), *BELOW.values(), *SIGNS.values(), *THROUGH.values()) for s in shape)
    assert all(max(y for s in shape for _, y in s) <= 0 for shape in ABOVE.values()) and all(min(y for s in shape for _, y in s) >= 0 for shape in BELOW.values())

def test_an_accent_stands_over_its_letter():
    (accent,), ink, t = added('nénn'); x0, y0, x1, y1 = _box(_placed(t), 1)
    assert x0 < accent[:, 0].mean() < x1 and accent[:, 1].max() < y0 and accent[:, 1].min() > y0-.9*4 and ink.text == 'nénn'

def test_a_cedilla_hangs_under_its_letter():
    (mark,), _, t = added('nçnn'); x0, y0, x1, y1 = _box(_placed(t), 1)
    assert x0-1 < mark[:, 0].mean() < x1+1 and mark[:, 1].max() > y1

def test_the_dot_of_an_i_goes_and_only_that():
    new, ink, t = added('ninïn'); assert len(new) == 2 and len(ink.strokes) == len(t.ink.strokes)-1+2
    gone = {s.tobytes() for s in t.ink.strokes}-{s.tobytes() for s in ink.strokes}
    assert len(gone) == 1 and np.frombuffer(gone.pop(), np.float32)[0] > 15
    assert len(added('nınn')[1].strokes) == 4

def test_two_marks_stand_on_one_another():
    low, high = sorted(added('nến')[0], key=lambda s: -s[:, 1].mean()); assert high[:, 1].mean() < low[:, 1].mean()-.5

def test_a_dash_takes_the_place_of_the_hyphen_and_makes_room():
    new, ink, t = added('nn—nn'); plain_ink = t.ink; (dash,) = [s for s in new if np.ptp(s[:, 1]) < 1]
    assert np.ptp(dash[:, 0]) > 8 and len(ink.strokes) == len(plain_ink.strokes) and len([s for s in ink.strokes if np.ptp(s[:, 1]) < 1]) == 1
    assert ink.strokes[-1][:, 0].min()-dash[:, 0].max() == pytest.approx(plain_ink.strokes[-1][:, 0].min()-plain_ink.strokes[2][:, 0].max(), abs=1)

def test_a_sign_without_its_hyphen_still_comes():
    cells = spelled('nn&nn', ALPHABET); t = trace('nn-nn'); keep = t.phi.argmax(1) != 2
    lost = Trace(t.text, Ink([s for s, k in zip(t.ink.strokes, (0, 1, 2, 3, 4)) if k != 2]).offsets(), t.phi[keep], True)
    assert len(dress(lost, cells).strokes) == 5

def test_plain_text_is_left_as_it_is():
    t = trace('nin nn'); assert dress(t, spelled('nin nn', ALPHABET)) == t.ink

def test_hands_differ_and_seeds_do_not():
    cells = spelled('né', ALPHABET); t = trace('ne')
    assert dress(t, cells, 1) == dress(t, cells, 1) != dress(t, cells, 2)
    a, b = (drawn(ABOVE['\u0301'], 10, (0, 0), np.random.default_rng(k))[0] for k in (0, 1)); assert 0 < np.abs(a-b).max() < 4

def test_a_letter_that_was_not_written_gets_no_accent():
    t = trace('nn'); missing = Trace('nen', t.offsets, np.eye(4)[t.phi.argmax(1)*2], True)
    assert len(dress(missing, spelled('nén', ALPHABET)).strokes) == 2

@pytest.fixture(scope='module')
def writer(): return Writer.from_pretrained()

def test_the_writer_with_accents(writer):
    ink = writer.accented('né à\n\nça', style=1, seed=3)
    assert ink.text == 'né à\n\nça' and len(ink.strokes) > len(writer('ne a\n\nca', style=1, seed=3).strokes)
    assert writer.accented('so be it', style=1, seed=3) == writer('so be it', style=1, seed=3)
    for bad in ('', '  ', 'Хлеб'):
        with pytest.raises(BadInput): writer.accented(bad)
