"""Make the digits that the package ships: `python docs/make_digits.py`.

They are drawn by hand as strokes in this file (a few ways to write each digit), shaken, sheared, turned, drawn with pens of different
widths, and scaled and centred as MNIST is; none comes from MNIST. Written as MNIST's four files: 400 digits to train on, 100 to test.
"""
import numpy as np
from handwriting_nb.digits import MNIST, SAMPLE, augment, write_idx
from handwriting_nb.ink import Ink, _trail

# digit: ways to write it; a way is a list of strokes, a stroke points (x, y) on a sheet of 10 by 10
WAYS = {
    0: [[[(6, 1), (3, 2), (2, 5), (3, 8), (5, 9), (7, 8), (8, 5), (7, 2), (5.6, 1)]], [[(5, 1), (2.5, 3), (2.5, 7), (5, 9), (7.5, 7), (7.5, 3), (5, 1)]]],
    1: [[[(5, 1), (5, 5), (5, 9)]], [[(6, 1), (5, 5), (4.4, 9)]], [[(3.5, 3), (5.5, 1), (5.3, 5), (5, 9)]]],
    2: [[[(2.5, 3), (4, 1.2), (6.5, 1.4), (7, 3.5), (5, 6), (2.5, 9), (5, 8.8), (8, 8.8)]], [[(2, 3), (4, 1), (7, 2), (6.5, 4.5), (4, 7.5), (2.3, 8.2), (3.4, 7), (5, 8), (8, 9)]]],
    3: [[[(2.5, 2), (5, 1), (7, 2.5), (6, 4.4), (4.2, 4.9), (6.5, 5.4), (7.4, 7), (5.5, 9), (2.3, 8.2)]], [[(2.5, 1.3), (7.2, 1.2), (4.8, 4.4), (7.2, 6), (6, 8.7), (2.5, 8.5)]]],
    4: [[[(3, 1), (2.4, 3.4), (2, 5.6), (5, 5.7), (8, 5.5)], [(6.6, 1), (6.3, 5), (6, 9)]], [[(5.8, 1), (3.8, 3.6), (2, 6.2), (5, 6.1), (8, 6)], [(6, 3), (5.9, 6), (5.8, 9)]]],
    5: [[[(7.4, 1.2), (5, 1.2), (3, 1.4), (2.8, 4.6), (5.4, 4.1), (7.3, 6), (6, 8.6), (2.5, 8.7)]], [[(3.2, 1.5), (3, 4.6), (5.5, 4.2), (7.2, 6), (6, 8.5), (2.5, 8.8)], [(3.2, 1.4), (7.5, 1.1)]]],
    6: [[[(6.5, 1), (4, 3), (2.7, 6), (3.6, 8.6), (6, 8.8), (7.2, 7), (5.8, 5.4), (4, 6), (3.2, 7.4)]], [[(5, 1), (3.2, 4), (3, 7.5), (5, 9), (6.9, 7.3), (5.2, 5.6), (3.2, 7)]]],
    7: [[[(2.3, 1.6), (5, 1.5), (7.6, 1.4), (6, 4.8), (4.5, 9)]], [[(2.3, 1.6), (7.4, 1.3), (5.8, 5), (5, 9)], [(3.4, 5.2), (7.6, 4.9)]]],
    8: [[[(6.8, 2.2), (5, 1), (3.2, 2.4), (4.6, 4.5), (6.6, 6.2), (6.3, 8.4), (4.4, 9), (3, 7.4), (4.3, 5.4), (6.4, 3.8), (6.9, 2.3)]],
        [[(5, 1), (3, 2.6), (5, 4.8), (7, 7), (5, 9), (3, 7), (5, 4.8), (7, 2.6), (5, 1)]]],
    9: [[[(6.9, 2.2), (5, 1), (3, 2.6), (3.4, 4.8), (5.4, 4.8), (6.9, 2.4), (6.6, 5.5), (6, 9)]], [[(6.6, 2), (4.4, 1.2), (3, 3.4), (4.5, 5), (6.5, 3.4), (6.8, 2.2), (6.7, 5.4), (5.4, 8.4), (3, 8.8)]]],
}

def write(digit, rng):
    "Ink of a digit, one way of it, shaken by a fiftieth of its height"
    ways = WAYS[digit]; strokes = ways[rng.integers(len(ways))]
    return augment(Ink([_trail(np.array(s)+rng.normal(0, .2, (len(s), 2))) for s in strokes], str(digit)), rng, shear=.35)

def fit(ink, pen):
    "Scaled so that with the pen it fills a box of 20 pixels"
    x0, y0, x1, y1 = ink.bounds()
    return ink.shift(-(x0+x1)/2, -(y0+y1)/2).scale((20-2*pen)/max(x1-x0, y1-y0))

def paint(ink, pen, centre, soft=1.4):
    "(28, 28) uint8: by the distance of each pixel to the nearest segment"
    a = np.concatenate([s[:-1] for s in ink.strokes])+centre; d = np.concatenate([np.diff(s, axis=0) for s in ink.strokes])
    at = np.stack(np.meshgrid(range(28), range(28)), -1).reshape(-1, 1, 2)-a
    along = np.clip((at*d).sum(-1)/np.maximum((d*d).sum(-1), 1e-9), 0, 1)
    far = np.hypot(*np.moveaxis(at-along[..., None]*d, -1, 0)).min(1)
    return (np.clip(.5+(pen-far)/soft, 0, 1)*255).round().astype(np.uint8).reshape(28, 28)

def picture(digit, rng):
    "A digit as MNIST has it: in a box of 20 pixels, its centre of mass in the middle of 28"
    pen = rng.uniform(.8, 1.7); ink = fit(write(digit, rng), pen); first = paint(ink, pen, 13.5).astype(float)
    mass = np.array([(first*g).sum() for g in np.indices((28, 28))[::-1]])/first.sum()
    return paint(ink, pen, 2*13.5-mass)

if __name__ == '__main__':
    rng = np.random.default_rng(2016)
    for split, n in dict(train=400, test=100).items():
        labels = rng.permutation(np.arange(n) % 10); images = np.stack([picture(k, rng) for k in labels])
        for name, array in zip(MNIST[split], (images, labels.astype(np.uint8))): write_idx(SAMPLE/name, array)
