"""The moving picture of the front page, `images/tracer.gif`: `python docs/pictures.py`. With MNIST in `HANDWRITING_DATA`, else with the digits in the package.
The first of each digit of the test set, whatever it looks like."""
import numpy as np
from handwriting_nb.digits import load_mnist, thinned
from handwriting_nb.tracer import Tracer, film, polished

def main(path='images/tracer.gif'):
    test = load_mnist('test'); first = [list(test.labels).index(k) for k in range(10)]
    shown = thinned(test.images[first]).astype(np.float32)
    film(shown, polished(Tracer.from_pretrained().strokes(shown), shown), path)

if __name__ == '__main__': main()
