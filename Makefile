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
SERVER_LIBS  := -lbsd -lmd
OUR_LDFLAGS  := -pthread $(if $(SANITIZE),-fsanitize=$(SANITIZE))
COMPILE       = $(CXX) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CXXFLAGS) $(CXXFLAGS)
LINK          = $(CXX) $(OUR_LDFLAGS) $(CXXFLAGS) $(LDFLAGS)

# A folder's room: its sources, a main.cpp apart from what tests can link.
sources = $(filter-out %/main.cpp,$(wildcard $(addsuffix /*.cpp,$(1))))
objects = $(patsubst %.cpp,$(BUILD)/obj/%.o,$(1))

BASE    := $(call sources,base)
WIRE    := $(call sources,wire)
CLI     := $(call sources,cli)
SHM     := $(call sources,shm)
STORE   := $(call sources,store)
SERVER  := $(call sources,server)
CLIENT  := $(call sources,client)
TERMINAL := $(call sources,terminal)
CTL     := $(call sources,ctl)
SUPPORT := $(call sources,tests/support)
FAULTS  := $(call sources,tests/support/faults)

FUZZ    := $(call sources,tests/fuzz tests/support/fuzz)
UNIT    := $(call sources,$(wildcard tests/unit/*)) $(FUZZ)
SYSTEM  := $(call sources,tests/system)
CRASH   := $(call sources,tests/crash tests/support/crash)
STEP    := $(call sources,tests/crash/step tests/support/step) tests/support/crash/kills_everywhere.cpp
CALLS   := $(call sources,tests/crash/calls tests/support/calls tests/support/crash)
CHAOS   := $(call sources,tests/chaos tests/support/crash)

MICRO   := $(call sources,bench/micro)
# With the parts of the tests' support that need no GoogleTest.
BENCHED := $(call sources,bench/support) $(patsubst %,tests/support/%.cpp,deadline failure leftovers proc process running_server temp_dir)

FORMATTED := $(wildcard $(addsuffix /*.[ch]pp,base cli wire shm store server client terminal ctl bench bench/* tests/* tests/*/*))
LINTED    := $(wildcard $(addsuffix /*.cpp,base cli wire shm store server client terminal ctl))

PROGRAMS := $(addprefix $(BUILD)/bin/,belfryd belfry belfryctl)
TESTS    := $(addprefix $(BUILD)/tests/,unit system crash step calls)

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all tests check check-crash check-includes check-options check-model check-asan check-tsan check-chaos fuzz run bench install uninstall deb format check-format \
        lint clean help

all: $(PROGRAMS) ## build belfryd, belfry and belfryctl into build/bin

$(BUILD)/bin/belfryd $(BUILD)/tests/belfryd: $(call objects,$(BASE) $(CLI) $(WIRE) $(SHM) $(STORE) $(SERVER) server/main.cpp)
$(BUILD)/bin/belfry:    $(call objects,$(BASE) $(CLI) $(WIRE) $(CLIENT) $(TERMINAL) terminal/main.cpp)
$(BUILD)/bin/belfryctl: $(call objects,$(BASE) $(CLI) $(WIRE) $(SHM) $(STORE) $(CTL) ctl/main.cpp)
$(BUILD)/tests/unit:    $(call objects,$(BASE) $(CLI) $(WIRE) $(SHM) $(STORE) $(SERVER) $(CLIENT) $(TERMINAL) $(CTL) $(SUPPORT) $(UNIT))
$(BUILD)/tests/shm:     $(call objects,$(BASE) $(SHM) $(SUPPORT) $(call sources,tests/unit/shm) tests/unit/base/process_test.cpp)
$(BUILD)/tests/system:  $(call objects,$(BASE) $(WIRE) $(SHM) $(SUPPORT) $(SYSTEM))
$(BUILD)/tests/crash:   $(call objects,$(BASE) $(WIRE) $(SHM) $(SUPPORT) $(CRASH))
$(BUILD)/tests/step:    $(call objects,$(BASE) $(SHM) $(SUPPORT) $(STEP))
$(BUILD)/tests/calls:   $(call objects,$(BASE) $(WIRE) $(SHM) $(SUPPORT) $(CALLS))
$(BUILD)/tests/chaos:   $(call objects,$(BASE) $(WIRE) $(SHM) $(SUPPORT) $(CHAOS))

# wire/ needs it.
UNICODE := -lunistring
$(PROGRAMS) $(BUILD)/tests/belfryd: LDLIBS = -lboost_program_options $(UNICODE)
$(BUILD)/bin/belfry: LDLIBS += -ledit -ltinfo
$(BUILD)/bin/belfryd $(BUILD)/bin/belfryctl $(BUILD)/tests/belfryd: LDLIBS += -lsqlite3
$(BUILD)/bin/belfryd $(BUILD)/tests/belfryd: LDLIBS += $(SERVER_LIBS)
$(BUILD)/bin/belfryctl: LDLIBS += -lncurses -ltinfo
# Every child copies what its libraries wrote before it was forked, and their mappings: without shared
# libraries a child takes 50 KiB less, and a login half the time. SQLite's dlopen is never called.
# The alignment is that of server/huge_program.hpp.
$(BUILD)/bin/belfryd: LDLIBS += $(if $(SANITIZE),,-static-pie -Wl,--no-warnings -Wl,-z,max-page-size=0x200000)
ALL_TESTS := $(addprefix $(BUILD)/tests/,unit system crash step calls shm chaos)
$(ALL_TESTS): LDLIBS = -lgtest -lgtest_main -lboost_program_options -lsqlite3 $(UNICODE)
$(BUILD)/tests/unit: LDLIBS += $(SERVER_LIBS) -ledit -lncurses -ltinfo

# The same belfryd with shared libraries: that one can be preloaded into it.
$(TESTS) $(BUILD)/tests/chaos: | $(BUILD)/tests/faulty_vfs.so $(BUILD)/tests/belfryd

$(BUILD)/tests/calls: | $(BUILD)/tests/kill_at_call

$(PROGRAMS) $(BUILD)/tests/belfryd $(ALL_TESTS):
	@mkdir -p $(@D)
	$(LINK) $(filter %.o,$^) $(LDLIBS) -o $@

# Tests are not optimised, and know lines but no variables: compiling them is most of what a test run takes.
$(BUILD)/obj/tests/%.o $(BUILD)/obj/tests/%.gch: EXTRA := -O0 -g1

# g++ takes the compiled header that lies beside the included name. It halves the time to build the tests.
ifeq ($(findstring clang,$(CXX)),)
PRECOMPILED := $(BUILD)/obj/tests/precompiled.hpp
$(BUILD)/obj/tests/%.o: EXTRA += -include $(PRECOMPILED)
$(BUILD)/obj/tests/support/kill_at_call/main.o: $(PRECOMPILED).gch
$(call objects,$(UNIT) $(SYSTEM) $(CRASH) $(STEP) $(CALLS) $(CHAOS) $(SUPPORT)): $(PRECOMPILED).gch
$(PRECOMPILED).gch: tests/precompiled.hpp $(BUILD)/flags
	@mkdir -p $(@D)
	cp $< $(PRECOMPILED)
	$(COMPILE) $(EXTRA) -x c++-header $< -o $@
endif

$(BUILD)/obj/%.o: %.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) $(EXTRA) -MMD -MP -c $< -o $@

# Tests start programs by it.
$(BUILD)/tests/kill_at_call: $(BUILD)/obj/tests/support/kill_at_call/main.o
	@mkdir -p $(@D)
	$(LINK) $< -o $@

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

# So many test programs at a time, or parts of one: most tests wait most of the time.
BELFRY_TEST_JOBS ?= 2
RUN_PARTS         = BELFRY_TEST_JOBS=$(BELFRY_TEST_JOBS) tests/run

check: all tests check-includes check-options ## build and run all tests
	BELFRY_BIN=$(abspath $(BUILD)/bin) $(RUN_PARTS) $(TESTS)

check-crash: all $(BUILD)/tests/step $(BUILD)/tests/calls ## kill at every single instruction of what changes the segment, and at every system call of belfryd
	BELFRY_BIN=$(abspath $(BUILD)/bin) BELFRY_STEP=all tests/run $(BUILD)/tests/step $(BUILD)/tests/calls

check-includes: ## prove that includes go one way
	@tests/check_includes

check-options: all ## prove that every option stands in a test
	@tests/check_options $(BUILD)/bin

check-model: ## check the models of the log and of its wake-ups; needs spin
	@tests/model/check $(BUILD)/model

# What drives the programs from the outside is itself built without them: that halves the time.
check-asan: $(BUILD)/tests/system ## unit tests and programs under AddressSanitizer and UndefinedBehaviorSanitizer
	$(MAKE) BUILD=build/asan SANITIZE=address,undefined CXXFLAGS='-O1 -g1' all build/asan/tests/unit
	BELFRY_TEST_SLOW=4 BELFRY_BIN=$(abspath build/asan/bin) $(RUN_PARTS) build/asan/tests/unit $^

check-tsan: ## the tests of shm/, threads on one log among them, under ThreadSanitizer
	$(MAKE) BUILD=build/tsan SANITIZE=thread CXXFLAGS='-O1 -g1' build/tsan/tests/shm
	BELFRY_TEST_SLOW=4 $(RUN_PARTS) build/tsan/tests/shm

# For check-chaos, and for each target of fuzz.
SECONDS ?= 60

check-chaos: all $(BUILD)/tests/chaos ## kill, stop and cut everything at random for SECONDS=60; BELFRY_SEED=N repeats a run
	BELFRY_BIN=$(abspath $(BUILD)/bin) BELFRY_CHAOS_SECONDS=$(SECONDS) tests/run $(BUILD)/tests/chaos

FUZZERS      := command frame session
FUZZ_TARGETS := $(FUZZERS:%=$(BUILD)/tests/fuzz_%)
FUZZ_PARTS   := $(FUZZ) $(BASE) $(CLI) $(WIRE) $(SHM) $(STORE) $(SERVER) \
    $(patsubst %,tests/support/%.cpp,deadline failure frame_reader session_rules) tests/unit/wire/describe.cpp

fuzz: ## libFuzzer with sanitizers, SECONDS=60 for each target, at once with -j3; see tests/fuzz/README.md
	$(MAKE) BUILD=build/fuzz CXX=clang++ SANITIZE=fuzzer-no-link,address,undefined \
	    CXXFLAGS='-O1 -g1 -fno-sanitize-recover=all' $(FUZZERS:%=fuzz-%)

$(FUZZ_TARGETS): $(BUILD)/tests/fuzz_%: $(BUILD)/obj/tests/fuzz/targets/%.o $(call objects,$(FUZZ_PARTS))
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer $(filter %.o,$^) -lboost_program_options -lsqlite3 $(SERVER_LIBS) $(UNICODE) -o $@

.PHONY: $(FUZZERS:%=fuzz-%)
$(FUZZERS:%=fuzz-%): fuzz-%: $(BUILD)/tests/fuzz_%
	@mkdir -p $(BUILD)/corpus/$*
	@tests/fuzz/run $< $(SECONDS) $(BUILD)/found-$*- $(BUILD)/corpus/$* tests/fuzz/corpus/$*

run: all ## start a server for clients 1, 2 and 3 on port 5000
	$(BUILD)/bin/belfryd -client_ids 1,2,3 -port 5000

BENCHES := $(addprefix $(BUILD)/bench/,micro durable fanout idle)
RESULTS ?= bench/results

bench: $(PROGRAMS) $(BENCHES) ## measure for half an hour; results go to RESULTS=bench/results
	for bench in $(BENCHES); do $$bench --dir $(BUILD) --results $(RESULTS) || exit; done

$(BUILD)/bench/micro:   $(call objects,$(BASE) $(SHM) $(MICRO) bench/micro/main.cpp)
$(BUILD)/bench/durable: $(call objects,$(call sources,bench/durable) bench/durable/main.cpp)
$(BUILD)/bench/fanout:  $(call objects,$(call sources,bench/fanout) bench/fanout/main.cpp)
$(BUILD)/bench/idle:    $(call objects,$(call sources,bench/idle) bench/idle/main.cpp)
$(BUILD)/bench/micro:   LDLIBS = -lbenchmark
$(BENCHES): $(call objects,$(BASE) $(CLI) $(WIRE) $(BENCHED))
	@mkdir -p $(@D)
	$(LINK) $(filter %.o,$^) $(LDLIBS) -lboost_program_options $(UNICODE) -o $@

# Where `make install` puts what; all below $(DESTDIR).
BINDIR        = $(PREFIX)/bin
MANDIR        = $(PREFIX)/share/man
COMPLETIONDIR = $(PREFIX)/share/bash-completion/completions
EXAMPLEDIR    = $(PREFIX)/share/doc/belfry/examples
UNITDIR      ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR   = $(PREFIX)/lib/sysusers.d
MANUALS      := belfry.1 belfryd.8 belfryctl.8
INSTALLED     = $(PROGRAMS:$(BUILD)/bin/%=$(BINDIR)/%) $(PROGRAMS:$(BUILD)/bin/%=$(COMPLETIONDIR)/%) \
    $(foreach manual,$(MANUALS),$(MANDIR)/man$(subst .,,$(suffix $(manual)))/$(manual)) \
    $(UNITDIR)/belfryd.service $(SYSUSERSDIR)/belfry.conf $(EXAMPLEDIR)/belfryd.conf

install: all ## into $(DESTDIR)$(PREFIX)
	install -d $(addprefix $(DESTDIR),$(sort $(dir $(INSTALLED))))
	install -m 755 $(PROGRAMS) $(DESTDIR)$(BINDIR)
	for manual in $(MANUALS); do install -m 644 man/$$manual $(DESTDIR)$(MANDIR)/man$${manual##*.}; done
	install -m 644 packaging/completion.bash $(DESTDIR)$(COMPLETIONDIR)/belfryd
	ln -sf belfryd $(DESTDIR)$(COMPLETIONDIR)/belfry
	ln -sf belfryd $(DESTDIR)$(COMPLETIONDIR)/belfryctl
	sed 's|@BINDIR@|$(BINDIR)|' packaging/belfryd.service.in > $(DESTDIR)$(UNITDIR)/belfryd.service
	chmod 644 $(DESTDIR)$(UNITDIR)/belfryd.service
	install -m 644 packaging/sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/belfry.conf
	install -m 644 packaging/belfryd.conf $(DESTDIR)$(EXAMPLEDIR)/belfryd.conf

uninstall: ## remove what install has put there
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))

# In a copy: dpkg-buildpackage writes beside and into its folder. Without this make's own variables.
deb: ## build the Debian package into build/deb; needs debhelper
	rm -rf build/deb
	mkdir -p build/deb/belfry
	tar --exclude=./build --exclude=./.git --exclude=./belfry-data -c . | tar -x -C build/deb/belfry
	cd build/deb/belfry && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage --build=binary --no-sign --jobs=$$(nproc)
	rm -rf build/deb/belfry

format: ## rewrite all sources in the project's style
	clang-format -i $(FORMATTED)

check-format: ## fail where `make format` would change something
	clang-format --dry-run --Werror $(FORMATTED)

lint: check-format ## clang-tidy over the programs' sources
	printf '%s\n' $(LINTED) | xargs -P $(shell nproc) -I FILE clang-tidy --quiet FILE -- $(OUR_CPPFLAGS) $(OUR_CXXFLAGS)

clean: ## remove everything that was built
	rm -rf build

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
