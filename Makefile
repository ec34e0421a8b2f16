# Belfry. `make help` lists what can be made.

BUILD    ?= build
CXX      ?= g++
CXXFLAGS ?= -O2 -g
PREFIX   ?= /usr/local

# What the code needs, whatever the user's CXXFLAGS say. SANITIZE is set by the check-* modes.
SANITIZE     ?=
WARNINGS     := -Wall -Wextra -Wpedantic -Wconversion -Werror
OUR_CPPFLAGS := -I.
OUR_CXXFLAGS := -std=c++20 -pthread $(WARNINGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# What server/ alone needs: spdlog as Debian builds it, and setproctitle().
SERVER_LIBS  := -lspdlog -lfmt -lbsd
OUR_LDFLAGS  := -pthread $(if $(SANITIZE),-fsanitize=$(SANITIZE))
COMPILE       = $(CXX) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CXXFLAGS) $(CXXFLAGS)
LINK          = $(CXX) $(OUR_LDFLAGS) $(CXXFLAGS) $(LDFLAGS)

# A folder's room: its sources, a main.cpp apart from what tests can link.
sources = $(filter-out %/main.cpp,$(wildcard $(addsuffix /*.cpp,$(1))))
objects = $(patsubst %.cpp,$(BUILD)/obj/%.o,$(1))

WIRE    := $(call sources,wire)
CLI     := $(call sources,cli)
SHM     := $(call sources,shm)
STORE   := $(call sources,store)
SERVER  := $(call sources,server)
CLIENT  := $(call sources,client)
INSPECT := $(call sources,inspect)
SUPPORT := $(call sources,tests/support)
FAULTS  := $(call sources,tests/support/faults)

FUZZ    := $(call sources,tests/fuzz)
UNIT    := $(call sources,$(wildcard tests/unit/*)) $(FUZZ)
SYSTEM  := $(call sources,tests/system)
CRASH   := $(call sources,tests/crash)
STEP    := $(call sources,tests/crash/step) tests/unit/shm/plain_record.cpp
CHAOS   := $(call sources,tests/chaos) $(patsubst %,tests/crash/%.cpp,crowd exact_client payload verdict)

BENCH   := $(call sources,bench)
# The parts of the tests' support that need no GoogleTest.
DURABLE := $(call sources,bench/durable) $(patsubst %,tests/support/%.cpp,deadline failure proc process)

FORMATTED := $(wildcard $(addsuffix /*.[ch]pp,cli wire shm store server client inspect bench bench/durable tests/* tests/*/*))
LINTED    := $(wildcard $(addsuffix /*.cpp,cli wire shm store server client inspect))

PROGRAMS := $(addprefix $(BUILD)/bin/,belfryd belfry belfryctl)
# Sanitizer builds step through nothing.
TESTS    := $(addprefix $(BUILD)/tests/,unit system crash $(if $(SANITIZE),,step))

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all tests check check-crash check-includes check-model check-asan check-tsan check-chaos fuzz run bench install format check-format \
        lint clean help

all: $(PROGRAMS) ## build belfryd, belfry and belfryctl into build/bin

$(BUILD)/bin/belfryd:   $(call objects,$(CLI) $(WIRE) $(SHM) $(STORE) $(SERVER) server/main.cpp)
$(BUILD)/bin/belfry:    $(call objects,$(CLI) $(WIRE) $(CLIENT) client/main.cpp)
$(BUILD)/bin/belfryctl: $(call objects,$(CLI) $(WIRE) $(SHM) $(STORE) $(INSPECT) inspect/main.cpp)
$(BUILD)/tests/unit:    $(call objects,$(CLI) $(WIRE) $(SHM) $(STORE) $(SERVER) $(CLIENT) $(INSPECT) $(SUPPORT) $(UNIT))
$(BUILD)/tests/shm:     $(call objects,$(SHM) $(SUPPORT) $(call sources,tests/unit/shm))
$(BUILD)/tests/system:  $(call objects,$(WIRE) $(SHM) $(SUPPORT) $(SYSTEM))
$(BUILD)/tests/crash:   $(call objects,$(WIRE) $(SHM) $(SUPPORT) $(CRASH))
$(BUILD)/tests/step:    $(call objects,$(SHM) $(SUPPORT) $(STEP))
$(BUILD)/tests/chaos:   $(call objects,$(WIRE) $(SHM) $(SUPPORT) $(CHAOS))

$(PROGRAMS): LDLIBS = -lboost_program_options
$(BUILD)/bin/belfryd $(BUILD)/bin/belfryctl: LDLIBS += -lsqlite3
$(BUILD)/bin/belfryd:   LDLIBS += $(SERVER_LIBS)
$(BUILD)/bin/belfryctl: LDLIBS += -lncurses -ltinfo
$(TESTS) $(BUILD)/tests/shm $(BUILD)/tests/step $(BUILD)/tests/chaos: LDLIBS = -lgtest -lgtest_main -lboost_program_options -lsqlite3
$(BUILD)/tests/unit: LDLIBS += $(SERVER_LIBS) -lncurses -ltinfo

$(TESTS) $(BUILD)/tests/chaos: | $(BUILD)/tests/faulty_vfs.so

$(sort $(PROGRAMS) $(TESTS) $(BUILD)/tests/shm $(BUILD)/tests/step $(BUILD)/tests/chaos):
	@mkdir -p $(@D)
	$(LINK) $(filter %.o,$^) $(LDLIBS) -o $@

# Tests are not optimised: under a sanitizer that doubles the time to compile them, and saves none.
$(BUILD)/obj/tests/%.o $(BUILD)/obj/tests/%.gch: EXTRA := -O0

# g++ takes the compiled header that lies beside the included name. It halves the time to build the tests.
ifeq ($(findstring clang,$(CXX)),)
PRECOMPILED := $(BUILD)/obj/tests/precompiled.hpp
$(BUILD)/obj/tests/%.o: EXTRA += -include $(PRECOMPILED)
$(call objects,$(UNIT) $(SYSTEM) $(CRASH) $(STEP) $(CHAOS) $(SUPPORT)): $(PRECOMPILED).gch
$(PRECOMPILED).gch: tests/precompiled.hpp $(BUILD)/flags
	@mkdir -p $(@D)
	cp $< $(PRECOMPILED)
	$(COMPILE) $(EXTRA) -x c++-header $< -o $@
endif

$(BUILD)/obj/%.o: %.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) $(EXTRA) -MMD -MP -c $< -o $@

# Tests preload it into programs. Never with a sanitizer, whose runtime would have to come before it.
$(BUILD)/tests/faulty_vfs.so: $(FAULTS) $(wildcard tests/support/faults/*.hpp tests/support/fault_control.hpp) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CXX) $(OUR_CPPFLAGS) $(CPPFLAGS) -std=c++20 $(WARNINGS) $(CXXFLAGS) -fPIC -fvisibility=hidden \
	    -shared $(filter %.cpp,$^) $(LDFLAGS) -lsqlite3 -o $@

# Changes when the compiler or its flags do, so that everything is built again.
$(BUILD)/flags: .always
	@mkdir -p $(@D)
	@echo '$(COMPILE) $(LINK)' | cmp -s - $@ || echo '$(COMPILE) $(LINK)' > $@
.PHONY: .always


tests: $(TESTS)

check: all tests check-includes ## build and run all tests
	BELFRY_BIN=$(abspath $(BUILD)/bin) tests/run $(TESTS)

check-crash: $(BUILD)/tests/step ## kill at every single instruction of what changes the segment
	BELFRY_STEP=all tests/run $<

check-includes: ## prove that includes go one way
	@tests/check_includes

check-model: ## check the models of the log and of its wake-ups; needs spin
	@tests/model/check $(BUILD)/model

check-asan: ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer
	BELFRY_TEST_SLOW=4 $(MAKE) BUILD=build/asan SANITIZE=address,undefined CXXFLAGS='-O1 -g1' check

check-tsan: ## the tests of shm/, threads on one log among them, under ThreadSanitizer
	$(MAKE) BUILD=build/tsan SANITIZE=thread CXXFLAGS='-O1 -g1' build/tsan/tests/shm
	BELFRY_TEST_SLOW=4 tests/run build/tsan/tests/shm

# For check-chaos, and for each target of fuzz.
SECONDS ?= 60

check-chaos: all $(BUILD)/tests/chaos ## kill, stop and cut everything at random for SECONDS=60; BELFRY_SEED=N repeats a run
	BELFRY_BIN=$(abspath $(BUILD)/bin) BELFRY_CHAOS_SECONDS=$(SECONDS) tests/run $(BUILD)/tests/chaos

FUZZERS      := command frame session
FUZZ_TARGETS := $(FUZZERS:%=$(BUILD)/tests/fuzz_%)
FUZZ_PARTS   := $(FUZZ) $(CLI) $(WIRE) $(SHM) $(STORE) $(SERVER) \
    $(patsubst %,tests/support/%.cpp,deadline failure frame_reader session_rules) tests/unit/wire/describe.cpp

fuzz: ## libFuzzer with sanitizers, SECONDS=60 for each target; see tests/fuzz/README.md
	$(MAKE) BUILD=build/fuzz CXX=clang++ SANITIZE=fuzzer-no-link,address,undefined \
	    CXXFLAGS='-O1 -g1 -fno-sanitize-recover=all' $(FUZZERS:%=fuzz-%)

$(FUZZ_TARGETS): $(BUILD)/tests/fuzz_%: $(BUILD)/obj/tests/fuzz/targets/%.o $(call objects,$(FUZZ_PARTS))
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer $(filter %.o,$^) -lboost_program_options -lsqlite3 $(SERVER_LIBS) -o $@

.PHONY: $(FUZZERS:%=fuzz-%)
$(FUZZERS:%=fuzz-%): fuzz-%: $(BUILD)/tests/fuzz_%
	@mkdir -p $(BUILD)/corpus/$*
	$< -max_total_time=$(SECONDS) -max_len=1500 -timeout=20 -dict=tests/fuzz/protocol.dict -print_final_stats=1 \
	    -artifact_prefix=$(BUILD)/found-$*- $(BUILD)/corpus/$* tests/fuzz/corpus/$*

run: all ## start a server for clients 1, 2 and 3 on port 5000
	$(BUILD)/bin/belfryd -client_ids 1,2,3 -port 5000

bench: $(PROGRAMS) $(BUILD)/bench/append $(BUILD)/bench/durable ## measure; prints figures, asserts nothing
	$(BUILD)/bench/append
	BELFRY_BIN=$(abspath $(BUILD)/bin) $(BUILD)/bench/durable --dir $(BUILD)

$(BUILD)/bench/append: $(call objects,$(WIRE) $(SHM) $(BENCH))
	@mkdir -p $(@D)
	$(LINK) $(filter %.o,$^) -lbenchmark -lpthread -o $@

$(BUILD)/bench/durable: $(call objects,$(CLI) $(WIRE) $(DURABLE) bench/durable/main.cpp)
	@mkdir -p $(@D)
	$(LINK) $(filter %.o,$^) -lboost_program_options -o $@

install: all ## into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin

format: ## rewrite all sources in the project's style
	clang-format -i $(FORMATTED)

check-format: ## fail where `make format` would change something
	clang-format --dry-run --Werror $(FORMATTED)

lint: check-format ## clang-tidy over the programs' sources
	printf '%s\n' $(LINTED) | xargs -P 2 -I FILE clang-tidy --quiet FILE -- $(OUR_CPPFLAGS) $(OUR_CXXFLAGS)

clean: ## remove everything that was built
	rm -rf build

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
