"""Which accents and signs come out right? A blind reading test, as `tests/reading.py` is one for the network's own characters.

    python tests/reading_accents.py out/accents                  numbered samples on sheets, and the key
    python tests/reading_accents.py out/accents answers.txt      how often each was read as asked for (`number<tab>text`, one a line)

A letter stands between `ma` and `e`, a sign between numbers or words; the samples are shuffled. Here the whole sample has to be right, accents
and all; capital or small does not count.
"""
import csv, sys
from pathlib import Path
import numpy as np
import handwriting_nb.characters     # Writer.accented
from handwriting_nb.writer import Writer

LETTERS, SIGNS = 'àáâãäåçèéêëíîïñóôõöøùúûüýčšžěřłżąęőğș', {'–': '5 – 7', '—': 'so — then', '€': '5 €', '£': '£ 7', '$': '$ 3', '&': 'so & then', '%': '50%', '+': '3 + 7', '=': 'so = then', '/': 'so / then', '@': 'so @ then', '#': '# 7'}

def samples(each=2, seed=0):
    out = [(f'ma{c}e', c) for c in LETTERS]*each+[(t, c) for c, t in SIGNS.items()]*each
    return [out[k] for k in np.random.default_rng(seed).permutation(len(out))]

def sheets(folder, rows=10, columns=6):
    import matplotlib; matplotlib.use('Agg'); import matplotlib.pyplot as plt
    folder = Path(folder); folder.mkdir(parents=True, exist_ok=True); writer = Writer.from_pretrained(); asked = samples()
    with open(folder/'key.csv', 'w', newline='', encoding='utf8') as f: csv.writer(f).writerows([k, t, c] for k, (t, c) in enumerate(asked))
    for page in range(0, len(asked), rows*columns):
        fig, axes = plt.subplots(rows, columns, figsize=(12, 13), layout='constrained')
        for ax in axes.flat: ax.axis('off')
        for k, ax in zip(range(page, len(asked)), axes.flat):
            ax.imshow(writer.accented(asked[k][0], seed=k).image(zoom=2), cmap='gray', vmin=0, vmax=255); ax.set_title(k, loc='left', fontsize=9, color='C0')
        fig.savefig(folder/f'sheet-{page//(rows*columns)+1}.png', dpi=90); plt.close(fig)

def score(folder, answers):
    read = dict(line.rstrip('\n').split('\t', 1) for line in open(answers, encoding='utf8') if '\t' in line); right, of = {}, {}
    for k, text, c in csv.reader(open(Path(folder)/'key.csv', newline='', encoding='utf8')):
        if k in read: of[c] = of.get(c, 0)+1; right[c] = right.get(c, 0)+(read[k].strip().lower().replace(' ', '') == text.lower().replace(' ', ''))
    for group in (LETTERS, SIGNS):
        print('  '.join(f'{c} {right[c]}/{of[c]}' for c in group if c in of), f'  together {sum(right.get(c, 0) for c in group)}/{sum(of.get(c, 0) for c in group)}')

if __name__ == '__main__': score(*sys.argv[1:3]) if len(sys.argv) > 2 else sheets(*sys.argv[1:2] or ['out/accents'])
