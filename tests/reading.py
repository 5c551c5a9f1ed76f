"""Which characters come out right? A blind reading test: `make reading`.

Each sample holds one character where nothing around it gives it away: a capital in front of `ane`, a small letter between `ma` and `e`, digits by
threes, a sign between `so` and `then`. The samples are shuffled and numbered on sheets (out/reading/sheet-*.png). Somebody who has not seen
the key (out/reading/key.csv) writes down what each sample says, one a line, `number<tab>text`, and

    python tests/reading.py out/reading answers.txt

counts, for each character, how often it was read as it was asked for. Capital or small does not count (an s alone does not say which it is); a
reader's slip counts against the writer.
"""
import csv, sys
from collections import defaultdict
from pathlib import Path
import numpy as np
from handwriting_nb.writer import Writer, _finish

CAPITALS, DIGITS, SMALL, SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789', 'bcdfghjklmnpqrstvwxyz', '.,;:!?\'"-()'

def samples(each=6, seed=0):
    "(text, characters that count) of all samples, shuffled"
    rng = np.random.default_rng(seed); out = [(c+'ane', c) for c in CAPITALS]*each+[(f'ma{c}e', c) for c in SMALL]*(each//2)
    digits = rng.permutation(list(DIGITS*each)); out += [(''.join(d), ''.join(d)) for d in np.array_split(digits, len(digits)//3)]
    out += [({"'": "she's so", '"': '"so" then', '-': 'so-then', '(': 'so (then', ')': 'so) then'}.get(c, f'so{c} then'), c) for c in SIGNS]*each
    return [out[k] for k in rng.permutation(len(out))]

def sheets(folder, bias=.75, rows=9, columns=6):
    "Write the samples and the key."
    import matplotlib; matplotlib.use('Agg'); import matplotlib.pyplot as plt
    folder = Path(folder); folder.mkdir(parents=True, exist_ok=True); writer = Writer.from_pretrained(); asked = samples()
    with open(folder/'key.csv', 'w', newline='') as f: csv.writer(f).writerows([k, t, c] for k, (t, c) in enumerate(asked))
    inks = [_finish(writer.trace(t, bias, seed=k).ink) for k, (t, _) in enumerate(asked)]
    for page in range(0, len(inks), rows*columns):
        fig, axes = plt.subplots(rows, columns, figsize=(12, 13.5), layout='constrained')
        for ax in axes.flat: ax.axis('off')
        for k, ax in zip(range(page, len(inks)), axes.flat):
            ax.imshow(inks[k].image(zoom=2), cmap='gray', vmin=0, vmax=255); ax.set_title(k, loc='left', fontsize=9, color='C0')
        fig.savefig(folder/f'sheet-{page//(rows*columns)+1}.png', dpi=90); plt.close(fig)
    print(f'{len(inks)} samples on {-(-len(inks)//(rows*columns))} sheets in {folder}')

def score(folder, answers):
    "How often each character was read as asked for"
    read = dict(line.rstrip('\n').split('\t', 1) for line in open(answers, encoding='utf8') if '\t' in line); right, of = defaultdict(int), defaultdict(int)
    for k, text, chars in csv.reader(open(Path(folder)/'key.csv', newline='')):
        if k not in read: continue
        got, text, chars = read[k].strip().lower(), text.lower(), chars.lower() if len(chars) > 1 else chars
        for i, c in enumerate(chars):
            of[c] += 1; right[c] += got[i:i+1] == c if chars.isdigit() else got == text
    for group in (CAPITALS, DIGITS, SMALL, SIGNS):
        print('  '.join(f'{c} {right[c]}/{of[c]}' for c in group if of[c]), f'  together {sum(right[c] for c in group)/max(1, sum(of[c] for c in group)):.0%}')

if __name__ == '__main__': score(*sys.argv[1:3]) if len(sys.argv) > 2 else sheets(*sys.argv[1:2] or ['out/reading'])
