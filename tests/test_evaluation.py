"Nats that can be compared: what would bore a reader of their chapter."
import json, shutil
import numpy as np, pytest, torch
from handwriting_nb import networks
from handwriting_nb.evaluation import CHARACTERS, PAPER, load_network, off_grid, paper_examples, paper_lines, report, score
from handwriting_nb.iam import load_iam
from handwriting_nb.ink import BadInput
from handwriting_nb.networks import SynthesisNetwork
from handwriting_nb.prediction import PredictionNetwork
from handwriting_nb.training import Example, Recipe
from handwriting_nb.writer import DATA, Writer

@pytest.fixture(scope='module')
def lines(): return paper_examples(load_iam(DATA/'iam-sample').split('v')[:6])

def test_offsets_are_those_of_the_sensor(lines):
    assert all((e.offsets == e.offsets.round()).all() and (e.offsets[0, :2] == 0).all() for e in lines)

def test_a_score_does_not_depend_on_company(lines):
    torch.manual_seed(0); net = SynthesisNetwork(CHARACTERS, hidden=12, layers=2, gaussians=3, floor=.01); net.unit.copy_(torch.tensor([40., 37.]))
    alone, together = [score(net, [e]) for e in lines], score(net, lines)
    assert abs(np.mean([s.nats_per_line for s in alone])-together.nats_per_line) < 1e-3*abs(together.nats_per_line)
    points = sum(len(e.offsets)-1 for e in lines); assert abs(together.nats_per_point*points-together.nats_per_line*len(lines)) < 1e-2

def test_the_unit_decides_the_number(lines):
    "Offsets twice as large in units of twice the size: the same loss"
    torch.manual_seed(0); net = PredictionNetwork(layers=1, hidden=8, gaussians=3); net.unit.copy_(torch.tensor([40., 37.])); a = score(net, lines)
    net.unit.mul_(2); b = score(net, [e._replace(offsets=e.offsets*np.float32([2, 2, 1])) for e in lines]); assert abs(a.nats_per_line-b.nats_per_line) < 1e-3*abs(a.nats_per_line)

def test_off_the_grid_peaks_of_no_width_lose():
    "A network that knows every point to a thousandth of a unit wins on the grid, and loses beside it"
    torch.manual_seed(0); x = np.zeros((40, 3), np.float32); x[1:, 0] = 1; line = [Example('', x)]
    net = PredictionNetwork(layers=1, hidden=4, gaussians=1)
    with torch.no_grad(): net.out.weight.zero_(); net.out.bias.copy_(torch.tensor([-9., 0., 1., 0., -7., -7., 0.]))
    assert score(net, line).nats_per_point < -10 < 1000 < score(net, off_grid(line)).nats_per_point

def test_lines_whose_text_does_not_fit_are_counted():
    lines = load_iam(DATA/'iam-sample').split('v')[:3]; lines[0] = lines[0]._replace(ink=type(lines[0].ink)(lines[0].ink.strokes, None))
    kept, left = paper_lines(lines); assert len(kept) == 2 and sum(left.values()) == 1

def test_a_recipe_of_the_paper_makes_its_network():
    net = Recipe(hidden=8, **PAPER).network(CHARACTERS); assert net.bits == 1 and net.floor == 5e-3 and net.config['step'] == 1
    assert net.look.bias[-10:].mean() < SynthesisNetwork(CHARACTERS, hidden=8).look.bias[-10:].mean()-.9          # its window strolls more slowly

def test_report_says_what_was_measured():
    rows = [*report(load_network('line-lstm'), load_iam(DATA/'iam-sample').split('v')[:4])]; assert rows[0].startswith('4 lines, thinned in time by 2.5') and len(rows) == 2
    with pytest.raises(BadInput, match='no lines'): [*report(load_network('line-lstm'), [])]

@pytest.mark.parametrize('config', ['{', '[1]', '{"alphabet": 7}', '{"cell": "lstm"}', '{"cell": "lstm", "nets": 10}'])
def test_configurations_of_something_else(tmp_path, config):
    shutil.copy(DATA/'models'/'line-lstm.safetensors', tmp_path/'a.safetensors'); (tmp_path/'a.json').write_text(config)
    with pytest.raises(BadInput): load_network(tmp_path/'a.safetensors')

def test_a_network_of_the_paper_is_no_writer():
    with pytest.raises(BadInput, match='not written with'): Writer.from_pretrained(DATA/'models'/'paper-synthesis.safetensors')
