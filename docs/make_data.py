"""Make what the package ships beside its weights, with those weights: `python docs/make_data.py`.

Styles: lines of ink at a low bias, from seeds that were picked by eye so that the hands can be read, leaned and stretched to differ plainly; and two more in
the hands of two of these, leaned further, as the network goes on in them.
Sample: the lines of `tests/sentences.txt` in five of these hands, as the three archives of IAM-OnDB.
"""
from pathlib import Path
import numpy as np
from handwriting_nb.iam import Line, write_iam
from handwriting_nb.ink import Ink
from handwriting_nb.sampling import sample
from handwriting_nb.writer import DATA, Writer, _finish

TEXT, BIAS = 'the quick brown fox jumps over me', .4
HANDS = {28: (0, 1), 31: (0, 1), 42: (.15, 1), 52: (0, .85), 33: (.45, .9), 57: (0, 1.2), 0: (-.2, 1), 26: (-.1, .9)}   # seed: lean, stretch
AGAIN = {1: (.3, 1), 4: (.44, 1.25)}     # style: lean, stretch
FORMS = {'a01-000u': 'train', 'a02-010x': 'train', 'b03-020u': 't', 'c04-030x': 'f', 'd05-040u': 'v'}

def make_styles(writer):
    (DATA/'styles').mkdir(exist_ok=True)
    for old in (DATA/'styles').glob('*.inkml'): old.unlink()
    lines = sample(writer.network, [TEXT]*len(HANDS), BIAS, list(HANDS), stepper=writer.stepper)
    for k, (line, hand) in enumerate(zip(lines, HANDS.values()), 1): shaped(_finish(line.ink), *hand).save(DATA/'styles'/f'{k}.inkml')

def more_styles(writer):
    "The network's own hand after a prime that leans more than it would by itself"
    for k, (style, hand) in enumerate(AGAIN.items(), len(HANDS)+1):
        line = writer.traces([TEXT], .5, shaped(writer.styles[style], *hand), [[1, 6]])[0]; _finish(line.ink).save(DATA/'styles'/f'{k}.inkml')

def shaped(ink, lean, stretch):
    "Ink whose stems lean to the right by `lean` of their height, and which is as wide as `stretch` says"
    return ink.map(lambda s: np.stack([(s[:, 0]-lean*s[:, 1])*stretch, s[:, 1]], 1))

def sensor(ink):
    "Ink as the whiteboard would have recorded it: whole sensor units, 22 points a letter"
    ink = ink.thin(1/2.5).scale(75); return ink.shift(*(1000-ink.points.min(0))).map(np.round)

def make_sample(writer):
    texts = (Path(__file__).parent.parent/'tests'/'sentences.txt').read_text().splitlines(); lines = []
    for k, (form, split) in enumerate(FORMS.items()):
        hand = writer.styles[k+1]; traces = sample(writer.network, texts, .75, 100*k, [hand]*len(texts), writer.stepper)
        lines += [Line(f'{form}-{n:02d}', split, sensor(t.ink)) for n, t in enumerate(traces, 1)]
    write_iam(DATA/'iam-sample', lines)

if __name__ == '__main__':
    make_styles(Writer.from_pretrained())
    more_styles(Writer.from_pretrained())
    make_sample(Writer.from_pretrained())
