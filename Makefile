# The two commands a newcomer needs are `make demo` and `make test`; each sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install demo test check extras-check wheel default-fleet clean

install: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Foretide needs Python 3.11 or later")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

demo: install
	$(BIN)/foretide demo $(ARGS)

test: install
	$(BIN)/pytest $(ARGS)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Builds the wheel and proves that a GPU host's extras stay light.
extras-check: install
	$(BIN)/python tests/extras/check_extras.py

wheel: install
	$(BIN)/python -m build --wheel --outdir dist

# Trains the fleet model that ships with the package, from openly licensed recordings in the folder FORETIDE_TRACES. Half
# of their applications, by a hash, are left for testing. It takes minutes; one thread, so that sums are of one order.
FLEET_OUT ?= streams/foretide/streams/fleet/default.fleet
google2019_signals := cpu_avg,cpu_p50,cpu_p90,cpu_p99,cpu_max,cpu_limit,mem_avg,mem_max,mem_assigned,mem_limit

default-fleet: install
	$(if $(FORETIDE_TRACES),,$(error Give the folder of the recordings: make default-fleet FORETIDE_TRACES=FOLDER))
	OPENBLAS_NUM_THREADS=1 $(BIN)/foretide fleet train --every-other --families 2000 --rows-per-series 1200 --variants \
		--hidden 128 --nets 2 --passes 14 --decay 0.02 --seed 1 --out $(FLEET_OUT) \
		--from $(FORETIDE_TRACES)/ms_service_load.csv.gz --note "ms_service_load=Microsoft, MIT" \
		--from $(FORETIDE_TRACES)/servegen_clients.csv.gz --note "servegen_clients=Alibaba ServeGen, Apache-2.0" \
		--from $(FORETIDE_TRACES)/cccd_pools.csv.gz --note "cccd_pools=Cloud Cluster Capacity, Apache-2.0" \
		--from $(FORETIDE_TRACES)/google2019_tasks.csv.gz --note "google2019_tasks=Google ClusterData 2019, CC-BY" \
		--signals google2019_tasks=$(google2019_signals) \
		--from $(FORETIDE_TRACES)/helios_earth_vc.csv.gz --note "helios_earth_vc=SenseTime Helios, CC-BY" \
		--from $(FORETIDE_TRACES)/llm_binned.csv.gz --note "llm_binned=Azure LLM inference trace, CC-BY" \
		--note "families=random series, made by foretide.streams.fleet.families"

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
