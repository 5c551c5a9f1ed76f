import numpy as np, pytest, torch
from handwriting_nb.ink import Ink
from handwriting_nb.training import Example, to_offsets

def loops(n, seed=0):
    "Ink of `n` loops: not letters, but a pen could draw it"
    rng = np.random.default_rng(seed); t = np.linspace(0, 2*np.pi, 8)
    return Ink([np.stack([2*k+np.cos(t)+.1*rng.normal(size=8), np.sin(t)*2+.1*rng.normal(size=8)], 1) for k in range(n)], 'o'*n)

@pytest.fixture(autouse=True)
def denormals():
    "Training flushes denormal numbers to zero, for speed and for good; each test begins without, as Hypothesis insists"
    torch.set_flush_denormal(False)

@pytest.fixture
def lines():
    "Forty short examples to train on"
    return [Example('o'*n, to_offsets(loops(n, s))) for s, n in enumerate([2, 3, 4, 5]*10)]
