# Everything happens in .venv, which is made on the first call, and again when pyproject.toml or constraints.txt change.
# Needs Python 3.10-3.13 and make.

VENV  := .venv
BIN   := $(VENV)/bin
DEMO  := You know nothing, Jon Snow
NB    :=

usable := import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.10 python3 python; do \
                      $$p -c '$(usable)' 2>/dev/null && echo $$p && break; done)

export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport PYTHONDONTWRITEBYTECODE    # or every process would compile PyTorch's modules again

.PHONY: help demo test kernels docs browser bench bars tracer-bars digit-bars reading notebooks pictures lab clean

help:
	@echo 'make demo        a sentence in handwriting: out/jon.svg and out/jon.png'
	@echo 'make test        every notebook, the tests, and whether notebooks, modules and README agree'
	@echo 'make kernels     check the kernels for a GPU, in an interpreter (downloads Triton)'
	@echo 'make docs        the book as a site: _docs/index.html'
	@echo 'make browser     the site (after make docs) and the widgets, tried in a Chromium'
	@echo 'make bench       how fast it writes and learns'
	@echo 'make bars        does it write what it is told? 200 lines, and sheets to read in out/bars'
	@echo 'make tracer-bars does the tracer draw digits that can be read, and as a person would? the 10,000 test digits of MNIST'
	@echo 'make digit-bars  can the digits be read that the networks write? do they end? are they copies? (NETS="FILE.safetensors ..." for your own)'
	@echo 'make reading     which characters come out right? numbered sheets for a reader who does not know the answers, in out/reading'
	@echo 'make notebooks   run the notebooks and save their outputs (NB="nbs/00_ink.ipynb" for some of them)'
	@echo 'make pictures    the pictures of the front page and of the widgets, in images/ (the widgets need a Chromium)'
	@echo 'make lab         open the notebooks in JupyterLab'
	@echo 'make clean       remove what make has made, the environment too'
	@echo
	@echo 'PYTHON=python3.12 chooses the Python. HANDWRITING_DATA names a folder that holds iam-ondb/, if you have it.'
	@echo 'On Linux, PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu takes the small PyTorch, without CUDA.'

# Environments: each stamp says that these extras are installed.

$(VENV)/.made:
	@test -n '$(PYTHON)' || { echo 'No Python 3.10 to 3.13 with venv was found: name one, make PYTHON=/path/to/python3.12' \
	                               '(Debian, Ubuntu: apt install python3-venv).' >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.base: extras :=
$(VENV)/.test: extras := [dev,notebook]
$(VENV)/.docs: extras := [docs]
$(VENV)/.browser: extras := [docs,notebook,browser]
$(VENV)/.base $(VENV)/.test $(VENV)/.docs $(VENV)/.browser: $(VENV)/.made pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e '.$(extras)'
	@touch $(VENV)/.base $@

# What one does there

demo: $(VENV)/.base
	@mkdir -p out
	$(BIN)/handwriting write "$(DEMO)" --style 2 --seed 1 -o out/jon.svg --force
	$(BIN)/handwriting write "$(DEMO)" --style 2 --seed 1 -o out/jon.png --force

test: export OMP_NUM_THREADS ?= 1
test: export OMP_WAIT_POLICY ?= passive
test: $(VENV)/.test
	@failed=; \
	echo 'Notebooks'; $(BIN)/nbdev_test --n_workers 2 --timing || failed="$$failed notebooks"; \
	$(BIN)/python docs/in_step.py || failed="$$failed in_step"; \
	$(BIN)/pytest tests -q -n 2 -m 'not browser' || failed="$$failed pytest"; \
	test -z "$$failed" || { echo "Failed:$$failed" >&2; exit 1; }

kernels: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[kernels]'
	OMP_NUM_THREADS=1 $(BIN)/nbdev_test --path nbs/09b_captured.ipynb

docs: $(VENV)/.docs
	$(BIN)/python docs/build.py
	$(BIN)/sphinx-build -q -W --keep-going -E -a -c docs -d _proc/.doctrees _proc _docs
	$(BIN)/python docs/check.py
	@echo 'The book: _docs/index.html'

browser: $(VENV)/.browser
	$(BIN)/pytest tests/test_site.py tests/test_widgets.py -q -rs -m browser

bench: $(VENV)/.test
	$(BIN)/python tests/bench.py
	$(BIN)/python tests/bench_pages.py

bars: $(VENV)/.base
	$(BIN)/python tests/bars.py out/bars

tracer-bars: $(VENV)/.test
	$(BIN)/python tests/tracer_bars.py out/tracer-bars $(if $(POINTS),--points $(POINTS))

digit-bars: $(VENV)/.test
	$(BIN)/python tests/digit_bars.py out/digit-bars $(if $(NETS),--nets $(NETS))

reading: $(VENV)/.test
	$(BIN)/python tests/reading.py out/reading

notebooks: $(VENV)/.test
	$(BIN)/nbdev_export
	$(BIN)/python docs/execute.py $(NB)
	$(BIN)/nbdev_clean
	$(BIN)/python docs/readme.py

pictures: $(VENV)/.browser
	$(BIN)/python docs/pictures.py
	$(BIN)/python tests/screens.py
	$(BIN)/python docs/readme.py

lab: $(VENV)/.test
	$(BIN)/jupyter lab nbs

clean:
	rm -rf $(VENV) _proc _docs jupyter_execute build dist handwriting_nb.egg-info .pytest_cache .hypothesis out/jon.svg out/jon.png
	find handwriting_nb tests docs -name __pycache__ -exec rm -rf {} +
