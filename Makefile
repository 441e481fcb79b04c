# Node comes from npm as an exact dependency, so every target runs the same one.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
CONFIG ?=
SETTINGS := $(if $(CONFIG),--config $(CONFIG),)
INSTALLED := node_modules/.installed

help: ## list targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(INSTALLED): package.json package-lock.json
	@npm install --no-audit --no-fund --loglevel=error
	@touch $@

setup: $(INSTALLED) ## fetch the seeds and what their tests need
	@node jobs/cli.ts setup $(SETTINGS)

round: $(INSTALLED) ## run round N end to end (make round N=2; CONFIG=jobs/smoke.toml for a small one)
	@node jobs/cli.ts round "$(N)" $(SETTINGS)

plan: $(INSTALLED) ## what round N would run, and why
	@node jobs/cli.ts plan "$(N)" $(SETTINGS)

why: $(INSTALLED) ## what changed since STAGE of round N last ran
	@node jobs/cli.ts why "$(STAGE)" "$(N)" $(SETTINGS)

status: $(INSTALLED) ## which stages are finished
	@node jobs/cli.ts status $(SETTINGS)

report: $(INSTALLED) ## write the report of round N to data/reports
	@node jobs/cli.ts report "$(N)" $(SETTINGS)

view: $(INSTALLED) ## look at the warehouse in a browser
	@node jobs/cli.ts view $(SETTINGS)

doctor: $(INSTALLED) ## what this machine has and lacks
	@node jobs/cli.ts doctor $(SETTINGS)

validation-set: $(INSTALLED) ## rebuild the pinned list of trusted tasks
	@node jobs/cli.ts validation-set $(SETTINGS)

test: $(INSTALLED) lint types ## the fast tests
	@vitest run

lint: $(INSTALLED)
	@biome check --error-on-warnings .

types: $(INSTALLED)
	@tsc -p .
	@tsc -p jobs/view/client

ALONE := tests/long/faults.test.ts tests/long/containers.test.ts

test-long: $(INSTALLED) ## kills of a round, a full disk, a whole small round
	@vitest run --mode long $(addprefix --exclude ,$(ALONE))

test-alone: $(INSTALLED) ## kills of the validate stage and its workers, containers; wants the machine for itself
	@vitest run --mode long $(ALONE)

test-browser: $(INSTALLED) ## report and viewer in the Chromium of this machine
	@vitest run --mode browser

conformance: $(INSTALLED) ## exports read by the consumers' own packages, in a virtual environment of their own
	@vitest run --mode conformance

conformance-verl: $(INSTALLED) ## the same for verl, whose reader brings torch (5 GB)
	@CONFORMANCE_VERL=1 vitest run --mode conformance tests/conformance/verl.test.ts

native: $(INSTALLED) ## build the native sketch library (needs a C++ compiler; nvcc adds CUDA)
	@$(MAKE) --no-print-directory -C pipeline/sketch/native
	@$(MAKE) --no-print-directory -C pipeline/sketch/native emulated bench

test-native: native ## every sketch implementation against the goldens; fails when the library did not load
	@REQUIRE_NATIVE=1 vitest run tests/pipeline/sketch

bench-sketch: native ## the sketch against what users would pick, as ratios from one run
	@node tests/bench/sketch.ts

gpu-check: native ## the CUDA kernel and the spool on devices, on a machine with a GPU and torch
	@python3 tests/bench/sketch-gpu.py
	@node tests/bench/sketch-gpu-spool.ts

bench-loop: $(INSTALLED) ## held-out repair over rounds and selection policies, 5 seeds, with intervals
	@node tests/bench/loop.ts

bench-ingest: $(INSTALLED) ## importing traces against a Python importer; PYTHON needs pyarrow
	@node tests/bench/ingest.ts --python $(or $(PYTHON),python3)

bench-marts: $(INSTALLED) ## time and memory of every mart over 5 million steps
	@node tests/bench/marts.ts

bench-workspaces: $(INSTALLED) ## what a private writable copy of a small and a large tree costs in each run
	@node tests/bench/workspaces.ts

bench-validate: $(INSTALLED) ## what the gates cost over the same test runs made bare, on 200 planted candidates
	@node tests/bench/validate.ts

planted-truth: $(INSTALLED) ## do the gates tell the truth: hundreds of candidates of known verdict over real libraries
	@node tests/bench/planted-truth.ts

bench-view: $(INSTALLED) ## first paint and filters of the viewer over 36,000 tasks
	@node tests/bench/view.ts

clean: ## delete the warehouse; keeps what was fetched
	rm -rf data/warehouse

.PHONY: help setup round plan why status report view doctor validation-set test lint types test-long test-alone test-browser conformance conformance-verl native test-native bench-sketch gpu-check bench-loop bench-ingest bench-marts bench-workspaces bench-validate planted-truth bench-view clean
