"A run can be killed at any moment; several processes give what one gives."
import os, signal, subprocess, sys, textwrap, time
from pathlib import Path
import numpy as np, pytest, torch
from handwriting_nb.ink import BadInput
from handwriting_nb.training import Batches, Recipe, Run, collate, load_checkpoint
from handwriting_nb.weight_noise import NoisyRecipe, NoisyRun
from handwriting_nb.window import Alphabet

TINY = dict(hidden=16, layers=2, steps=30, batch=8, every=15)
SCRIPT = textwrap.dedent('''
    import sys; sys.path.insert(0, {tests!r})
    import torch; torch.set_num_threads(1)
    from conftest import loops
    from handwriting_nb.training import Example, Recipe, Run, to_offsets
    lines = [Example('o'*n, to_offsets(loops(n, s))) for s, n in enumerate([2, 3, 4, 5]*10)]
    accelerator = None
    if {processes}:
        from accelerate import Accelerator
        accelerator = Accelerator(cpu=True)
    run = Run(sys.argv[1], lines, lines[:4], Recipe(**{recipe!r}), accelerator=accelerator)
    run.train(each=lambda r: print(r.at, flush=True) if r.chief else None, quiet=True)
''')

def script(tmp_path, processes=0, **more):
    path = tmp_path/'script.py'; path.write_text(SCRIPT.format(tests=str(Path(__file__).parent), recipe={**TINY, **more}, processes=processes)); return path

def log(folder): return [(r['step'], r['loss']) for r in load_checkpoint(folder/'checkpoint.safetensors')[1]['rows']]

@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    "The folder of a run that nothing broke"
    path = tmp_path_factory.mktemp('whole'); subprocess.run([sys.executable, script(path), path/'run'], check=True, capture_output=True); return path/'run'

def test_killed_and_resumed_gives_the_same_losses(tmp_path, whole):
    path = script(tmp_path, minutes=1e-4)                      # a checkpoint after nearly every step
    for at in (7, 17):                                         # kill -9, twice, right after these steps
        p = subprocess.Popen([sys.executable, path, tmp_path/'killed'], stdout=subprocess.PIPE, text=True)
        for line in p.stdout:
            if int(line) >= at: p.kill(); break
        p.wait(); assert p.returncode == -signal.SIGKILL
    last = subprocess.run([sys.executable, path, tmp_path/'killed'], check=True, capture_output=True, text=True)
    assert int(last.stdout.split()[0]) > 7                     # it did go on, not begin again
    assert log(tmp_path/'killed') == log(whole)
    a, b = (load_checkpoint(k/'checkpoint.safetensors')[0] for k in (whole, tmp_path/'killed'))
    assert all(torch.equal(a[k], b[k]) for k in a)

def test_ctrl_c_saves_and_says_so(tmp_path):
    p = subprocess.Popen([sys.executable, script(tmp_path), tmp_path/'run'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in p.stdout:
        if int(line) >= 5: p.send_signal(signal.SIGINT); break
    rest = [int(s) for s in p.stdout.read().split()]; assert 'goes on from there' in p.stderr.read(); p.wait()
    assert load_checkpoint(tmp_path/'run'/'checkpoint.safetensors')[1]['at'] == max([5, *rest])

def test_two_processes_give_what_one_gives(tmp_path, whole):
    pytest.importorskip('accelerate')
    launch = [sys.executable, '-m', 'accelerate.commands.launch', '--cpu', '--num_processes', '2', '--num_machines', '1', '--mixed_precision', 'no', '--dynamo_backend', 'no', '--main_process_port', '0']
    r = subprocess.run([*launch, script(tmp_path, processes=2), tmp_path/'two'], capture_output=True, text=True); assert r.returncode == 0, r.stderr[-2000:]
    a, b = (load_checkpoint(k/'checkpoint.safetensors')[0] for k in (whole, tmp_path/'two'))
    assert max((a[k]-b[k]).abs().max() for k in a if k.startswith('net.')) < 1e-4

def test_another_recipe_is_refused(tmp_path, lines):
    Run(tmp_path, lines, lines[:2], Recipe(**TINY)).checkpoint()
    with pytest.raises(BadInput, match='another recipe'): Run(tmp_path, lines, lines[:2], Recipe(**{**TINY, 'hidden': 20}))
    assert Run(tmp_path, lines, lines[:2]).recipe.hidden == 16      # without a recipe: the folder's own
    (tmp_path/'checkpoint.safetensors').write_bytes(b'torn')
    with pytest.raises(BadInput, match='not a checkpoint'): Run(tmp_path, lines, lines[:2])

def test_batches_can_be_had_in_any_order(lines):
    a, b = Batches(lines, 8, seed=3), Batches(lines, 8, seed=3)
    late = [e.text for e in a[12]]; [b[k] for k in range(12)]
    assert late == [e.text for e in b[12]]

def test_loss_does_not_depend_on_padding(lines):
    from handwriting_nb.mdn import nats
    from handwriting_nb.networks import SynthesisNetwork
    net = SynthesisNetwork('o ', hidden=12, layers=2, gaussians=3, bits=2)
    def loss(examples): b = collate(examples, net.alphabet, net.unit); return (nats(net(b.x, b.ids)[0], b.y, 2)*b.mask).sum(0)
    with torch.no_grad(): assert torch.allclose(loss([lines[0], lines[3]])[0], loss([lines[0]])[0], atol=1e-5)

def test_a_run_starts_from_weights(tmp_path, lines):
    first = Run(tmp_path/'a', lines, lines[:2], Recipe(**TINY)); net = first.averaged()
    second = Run(tmp_path/'b', lines, lines[:2], Recipe(**{**TINY, 'seed': 5}), start=net)
    for k, v in net.state_dict().items(): assert torch.equal(second.averaged().state_dict()[k], v)
    with pytest.raises(BadInput, match='same make'): Run(tmp_path/'c', lines, lines[:2], Recipe(**{**TINY, 'hidden': 20}), start=net)

# Weight noise

@pytest.mark.parametrize('adaptive', [False, True])
def test_a_shaken_run_goes_on_as_if_it_had_not_been_stopped(tmp_path, lines, adaptive):
    recipe = NoisyRecipe(hidden=12, layers=2, steps=6, batch=4, rare=1, noise=.05, adaptive=adaptive, beginnings=()); how = dict(quiet=True)
    whole = NoisyRun(tmp_path/'a', lines, lines[:4], recipe); whole.train(**how); NoisyRun(tmp_path/'b', lines, lines[:4], recipe).train(3, **how)
    rest = NoisyRun(tmp_path/'b', lines, lines[:4], recipe); assert rest.at == 3; rest.train(**how)
    for p, q in zip(whole.net.parameters(), rest.net.parameters()): assert torch.equal(p, q)
    assert whole.kept.keys() == rest.kept.keys() and bool(whole.kept) == adaptive and all(torch.equal(v, rest.kept[k]) for k, v in whole.kept.items())

def test_noise_is_gone_before_the_weights_are_judged(tmp_path, lines):
    run = NoisyRun(tmp_path/'a', lines, lines[:4], NoisyRecipe(hidden=12, layers=1, steps=40, batch=4, rare=1, noise=.5, rate=1e-6, average=0., beginnings=()))
    before = [p.detach().clone() for p in run.net.parameters()]
    for _ in range(3): run.update()
    assert max((p-q).abs().max() for p, q in zip(before, run.net.parameters())) < 1e-4

def test_spreads_part_company(tmp_path, lines):
    run = NoisyRun(tmp_path/'a', lines, lines[:4], NoisyRecipe(hidden=12, layers=1, steps=30, batch=8, rare=1, noise=.05, adaptive=True, warmup=1, spread_rate=.1, beginnings=()))
    for _ in range(30): run.update()
    rho = torch.cat([v.flatten() for k, v in run.kept.items() if k.startswith('rho.')]); assert rho.isfinite().all() and rho.std() > .05
