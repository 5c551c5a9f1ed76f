"Updates that can be recorded: what would bore a reader of their chapter."
import subprocess, sys
import numpy as np, pytest, torch
from handwriting_nb import captured
from handwriting_nb.captured import GRAIN, CapturedRun
from handwriting_nb.sampling import unasked
from handwriting_nb.training import Example, Recipe

TINY = Recipe(hidden=16, layers=2, steps=6, batch=4, every=6, rare=0, dropout=.2, scale=.1, shear=.1)

def lines(n=9, seed=0):
    rng = np.random.default_rng(seed)
    return [Example('abc'[:1+k % 3], np.float32(np.column_stack([rng.normal(size=(12+k, 2)), rng.random(12+k) < .2]))) for k in range(n)]

def test_a_batch_has_one_of_few_shapes(tmp_path):
    run = CapturedRun(tmp_path, lines(), lines()[:2], TINY)
    for k in range(3):
        b = run.filled(run.batches[k], 10**6); real = sum(len(e.offsets)-1 for e in run.batches[k])
        assert b.x.shape == (GRAIN, 4, 3) and b.y.shape == (GRAIN, 4, 4) and b.ids.shape == (4, 4) and b.mask.sum() == real
        assert (b.ids[len(run.batches[k]):] == -1).all() and (b.x*(1-b.mask[..., None]) == 0).all()

def test_what_is_filled_up_changes_nothing(tmp_path):
    run = CapturedRun(tmp_path, lines(), lines()[:2], Recipe(hidden=16, layers=2, steps=6, batch=4, rare=0)); b = run.filled(run.batches[2], 10**6)
    alone, there = run.batches[2], b.mask.sum(0) > 0; assert there.sum() == len(alone)
    run.net.eval(); all_of_it = run.net(b.x, b.ids)[0][:, there]; without = run.net(b.x[:, there], b.ids[there])[0]
    assert torch.allclose(all_of_it, without, atol=1e-5)

def test_a_loss_that_is_no_number_stops_it_and_names_the_batch(tmp_path):
    bad = [e._replace(offsets=e.offsets*np.nan) if k == 1 else e for k, e in enumerate(lines())]; run = CapturedRun(tmp_path, lines(), lines()[:2], TINY)
    run.batches.data = bad; before = [p.clone() for p in run.net.parameters()]
    with pytest.raises(FloatingPointError, match='on the batch of'): run.train(quiet=True)
    assert all(p.isfinite().all() for p in run.net.parameters()) and len(before) == len(list(run.net.parameters()))

def test_stopped_and_taken_up_it_is_the_same_run(tmp_path):
    whole = CapturedRun(tmp_path/'a', lines(), lines()[:2], TINY); whole.train(quiet=True)
    CapturedRun(tmp_path/'b', lines(), lines()[:2], TINY).train(until=2, quiet=True); again = CapturedRun(tmp_path/'b', lines(), lines()[:2], TINY); again.train(quiet=True)
    assert all(torch.equal(p, q) for p, q in zip(whole.net.parameters(), again.net.parameters()))

def test_it_can_be_had_without_triton():
    code = "import sys; sys.modules['triton'] = None; from handwriting_nb import captured, networks; assert captured.triton is None and not networks.LAYERS"
    subprocess.run([sys.executable, '-c', code], check=True)

def test_only_a_stroke_behind_all_others_was_not_asked_for():
    line = np.float32([[0, 0, 0], [0, 4, 1], [3, -4, 0], [0, 4, 1]]); looks = np.array([0, 0, 1, 1])
    assert unasked(line, looks, 1) and not unasked(line, looks, 1, dot=5) and not unasked(line[:2], looks[:2], 1)
    assert not unasked(np.float32([[0, 0, 0], [0, 4, 1], [3, 0, 1]]), np.array([0, 0, 1]), 1)       # a full stop
