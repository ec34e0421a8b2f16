# The rules that build and run the tests. The Makefile at the top includes this file.

SUPPORT := $(call sources,tests/support)
FAULTS  := $(call sources,tests/support/faults)

FUZZ    := $(call sources,tests/fuzz tests/support/fuzz)
UNIT    := $(call sources,$(wildcard tests/unit/*)) $(FUZZ)
SYSTEM  := $(call sources,tests/system)
REPLICA := $(call sources,tests/cluster tests/support/crash)
CRASH   := $(call sources,tests/crash tests/support/crash)
STEP    := $(call sources,tests/crash/step tests/support/step) tests/support/crash/kills_everywhere.cpp
# What a replica does after it has stored something.
SHOWN   := $(patsubst %,cluster/%.cpp,applied_log client_rows node_rows state)
CALLS   := $(call sources,tests/crash/calls tests/support/calls tests/support/crash)
CHAOS   := $(call sources,tests/chaos tests/support/crash)
CLUSTER_CHAOS := $(call sources,tests/chaos/cluster tests/support/crash)

# TESTS are run by `make check`, the others by their own targets.
TESTS     := $(addprefix $(BUILD)/tests/,unit system crash step calls)
ALL_TESTS := $(TESTS) $(addprefix $(BUILD)/tests/,shm client replica chaos cluster cluster_chaos)

.PHONY: tests check check-crash check-includes check-options check-web check-python check-cluster check-cluster-chaos check-model check-asan check-tsan check-valgrind check-chaos fuzz build-asan build-tsan build-fuzz

$(BUILD)/tests/unit:    $(call objects,$(BASE) $(CLI) $(DAEMON) $(WIRE) $(SHM) $(STORE) $(AUTH) $(ADMISSION) $(SANDBOX) $(GATE) $(SERVER) $(CLUSTER) $(CLIENT) $(TERMINAL) $(CTL) $(SUPPORT) $(UNIT)) $(PAGE_FILES) $(ETCD_OBJECTS)
$(BUILD)/tests/shm:     $(call objects,$(BASE) $(SHM) $(SUPPORT) $(call sources,tests/unit/shm) tests/unit/base/process_test.cpp)
$(BUILD)/tests/replica: $(call objects,$(BASE) $(CLI) $(DAEMON) $(WIRE) $(SHM) $(STORE) $(filter-out cluster/etcd_%,$(CLUSTER)) $(SUPPORT) $(filter-out tests/unit/cluster/etcd_%,$(call sources,tests/unit/cluster)))
$(BUILD)/tests/client:  $(call objects,$(BASE) $(WIRE) $(CLIENT) $(SHM) $(SUPPORT) tests/unit/client/client_test.cpp tests/system/libbelfry_test.cpp)
$(BUILD)/tests/system:  $(call objects,$(BASE) $(WIRE) $(CLIENT) $(SHM) $(SUPPORT) $(SYSTEM)) | library examples
$(BUILD)/tests/cluster: $(call objects,$(BASE) $(CLI) $(DAEMON) $(WIRE) $(SHM) $(STORE) $(CLUSTER) $(SUPPORT) $(REPLICA)) $(ETCD_OBJECTS)
$(BUILD)/tests/crash:   $(call objects,$(BASE) $(WIRE) $(SHM) $(SUPPORT) $(CRASH))
$(BUILD)/tests/step:    $(call objects,$(BASE) $(WIRE) $(SHM) $(STORE) $(SHOWN) $(SUPPORT) $(STEP) server/login_entries.cpp server/outbox_writer.cpp)
$(BUILD)/tests/calls:   $(call objects,$(BASE) $(WIRE) $(SHM) $(SUPPORT) $(CALLS))
$(BUILD)/tests/chaos:   $(call objects,$(BASE) $(WIRE) $(SHM) $(SUPPORT) $(CHAOS))
$(BUILD)/tests/cluster_chaos: $(call objects,$(BASE) $(WIRE) $(SHM) $(SUPPORT) $(CLUSTER_CHAOS))

$(ALL_TESTS): LDLIBS = -lgtest -lgtest_main -lboost_program_options -lsqlite3 -lssl -lcrypto $(UNICODE)
$(BUILD)/tests/unit: LDLIBS += $(DAEMON_LIBS) -ledit -lncurses -ltinfo -lcrypt -lseccomp $(ETCD_LIBS)
$(BUILD)/tests/cluster: LDLIBS += $(DAEMON_LIBS) $(ETCD_LIBS)
$(BUILD)/tests/replica: LDLIBS += $(DAEMON_LIBS)

# belfryd with shared libraries, so that faulty_vfs.so can be preloaded into it.
$(TESTS) $(addprefix $(BUILD)/tests/,chaos cluster cluster_chaos): | $(addprefix $(BUILD)/tests/,faulty_vfs.so belfryd belfry-gate belfry-replica)

# belfryd starts the belfry-gate and the belfry-replica beside it.
$(addprefix $(BUILD)/tests/,belfry-gate belfry-replica): $(BUILD)/tests/%: | $(BUILD)/bin/%
	@mkdir -p $(@D)
	ln -sf ../bin/$* $@

$(BUILD)/tests/calls: | $(BUILD)/tests/kill_at_call

$(ALL_TESTS):
	@mkdir -p $(@D)
	$(LINK) $(filter %.o,$^) $(LDLIBS) -o $@

# Tests are built without optimisation, with line numbers alone, and without UndefinedBehaviorSanitizer in their own code,
# because compiling them takes most of the time.
$(BUILD)/obj/tests/%.o $(BUILD)/obj/tests/%.gch: EXTRA := -O0 -g1 $(if $(findstring undefined,$(SANITIZE)),-fno-sanitize=undefined)

# Some tests of the engine use what protoc has made.
$(BUILD)/obj/tests/cluster/%.o: EXTRA += -isystem $(BUILD)/obj
$(call objects,$(REPLICA)): | $(ETCD_API)

# g++ uses the precompiled header beside the included one. It halves the time to build the tests.
ifeq ($(findstring clang,$(CXX)),)
PRECOMPILED_TESTS := $(BUILD)/obj/tests/precompiled.hpp
$(BUILD)/obj/tests/%.o: EXTRA += -include $(PRECOMPILED_TESTS)
$(patsubst %,$(BUILD)/obj/tests/support/%/main.o,kill_at_call websocket_echo): $(PRECOMPILED_TESTS).gch
$(call objects,$(UNIT) $(SYSTEM) $(REPLICA) $(CRASH) $(STEP) $(CALLS) $(CHAOS) $(CLUSTER_CHAOS) $(SUPPORT)): $(PRECOMPILED_TESTS).gch
endif

# Tests start programs with it.
$(BUILD)/tests/kill_at_call: $(BUILD)/obj/tests/support/kill_at_call/main.o
	@mkdir -p $(@D)
	$(LINK) $< -o $@

# Conformance suites of WebSocket are held against it.
$(BUILD)/tests/websocket_echo: $(call objects,$(BASE) $(DAEMON) $(WIRE) $(GATE) $(ADMISSION) $(SANDBOX) $(CLI) tests/support/websocket_echo/main.cpp) $(PAGE_FILES)
	@mkdir -p $(@D)
	$(LINK) $(filter %.o,$^) -lboost_program_options -lssl -lcrypto -lseccomp $(DAEMON_LIBS) $(UNICODE) -o $@

# Tests preload it into programs. It is never built with a sanitizer, whose runtime would have to be loaded before it.
FAULTY_OBJECTS := $(call objects,$(FAULTS))
$(FAULTY_OBJECTS): $(BUILD)/obj/%.o: %.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	$(CXX) $(OUR_CPPFLAGS) $(CPPFLAGS) -std=c++20 $(WARNINGS) $(CXXFLAGS) -fPIC -fvisibility=hidden -MMD -MP -c $< -o $@

$(BUILD)/tests/faulty_vfs.so: $(FAULTY_OBJECTS)
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -shared $^ $(LDFLAGS) -lsqlite3 -o $@

tests: $(TESTS)

# Number of test programs, or parts of one, that run at the same time. Most tests wait most of the time.
BELFRY_TEST_JOBS ?= 2
RUN_PARTS         = BELFRY_TEST_JOBS=$(BELFRY_TEST_JOBS) tests/run

check: all tests check-includes check-options ## build and run all tests
	BELFRY_BIN=$(abspath $(BUILD)/bin) $(RUN_PARTS) $(TESTS) tests/system/over_tls

check-crash: all $(BUILD)/tests/step $(BUILD)/tests/calls ## kill after every instruction of every operation on the segment, and at every system call of belfryd
	BELFRY_BIN=$(abspath $(BUILD)/bin) BELFRY_STEP=all tests/run $(BUILD)/tests/step $(BUILD)/tests/calls

check-includes: ## prove that includes go one way
	@tests/check_includes

check-options: all ## prove that every option is tested
	@tests/check_options $(BUILD)/bin

# Screenshots of the page in each state are in $(BUILD)/tests/web afterwards.
check-web: all ## test the page in Chromium, WebSocket and the JavaScript module; needs the packages of packages-web.txt
	BELFRY_BIN=$(abspath $(BUILD)/bin) BELFRY_SCREENSHOTS=$(abspath $(BUILD)/tests/web) $(RUN_PARTS) tests/web/run tests/web/module

check-python: all ## test the Python client and its examples; needs the packages of packages-python.txt
	BELFRY_BIN=$(abspath $(BUILD)/bin) tests/python/run

check-cluster: all $(BUILD)/tests/cluster ## test clusters with real etcd servers; needs etcd-server and etcd-client
	BELFRY_BIN=$(abspath $(BUILD)/bin) $(RUN_PARTS) $(BUILD)/tests/cluster

check-model: ## check the models of the log and of its wake-ups; needs spin
	@tests/model/check $(BUILD)/model

# The system tests run the programs from the outside, so they are built without sanitizers, which halves the time. Tests
# of the memory of processes, and of the libraries that are installed with them, are left out: AddressSanitizer needs
# terabytes of address space for its own data, and programs with it are linked to shared libraries.
NOT_UNDER_ASAN := GateSecurity.AnIdleRelay*:WebRelay.HasNo*:SecretsInMemory.*:SecretsTls.NoSecretAndNoPrivateKey*:\
GateRelay.HoldsASessionBackWhoseClientDoesNotRead:Image.OfTheProgramsHasTheLibrariesThatTheyNeed
build-asan:
	$(MAKE) BUILD=build/asan SANITIZE=address,undefined CXXFLAGS='-O1 -g1' programs build/asan/tests/unit

check-asan: $(BUILD)/tests/system build-asan ## run unit and system tests under AddressSanitizer and UndefinedBehaviorSanitizer
	GTEST_FILTER='-$(subst : ,:,$(NOT_UNDER_ASAN))' BELFRY_TEST_SLOW=4 BELFRY_BIN=$(abspath build/asan/bin) \
	    $(RUN_PARTS) build/asan/tests/unit $<

build-tsan:
	$(MAKE) BUILD=build/tsan SANITIZE=thread CXXFLAGS='-O1 -g1' build/tsan/tests/shm build/tsan/tests/replica

check-tsan: build-tsan ## run the tests of shm/ and of the replica's threads under ThreadSanitizer
	BELFRY_TEST_SLOW=4 $(RUN_PARTS) build/tsan/tests/shm build/tsan/tests/replica

check-valgrind: all $(BUILD)/tests/client ## run the tests of libbelfry under valgrind; needs valgrind
	BELFRY_TEST_SLOW=4 BELFRY_BIN=$(abspath $(BUILD)/bin) tests/run tests/client_under_valgrind

# The duration of check-chaos, and of each target of fuzz.
SECONDS ?= 60

check-chaos: all $(BUILD)/tests/chaos ## kill, stop and disconnect at random for SECONDS=60; BELFRY_SEED=N repeats a run
	BELFRY_BIN=$(abspath $(BUILD)/bin) BELFRY_CHAOS_SECONDS=$(SECONDS) tests/run $(BUILD)/tests/chaos

check-cluster-chaos: all $(BUILD)/tests/cluster_chaos ## kill and cut everything of a cluster at random for SECONDS=60; BELFRY_SEED=N repeats a run
	BELFRY_BIN=$(abspath $(BUILD)/bin) BELFRY_CHAOS_SECONDS=$(SECONDS) tests/run $(BUILD)/tests/cluster_chaos

FUZZERS      := command frame proxy request session clients entries
FUZZ_TARGETS := $(FUZZERS:%=$(BUILD)/tests/fuzz_%)
FUZZ_PARTS   := $(FUZZ) $(BASE) $(CLI) $(DAEMON) $(WIRE) $(SHM) $(STORE) $(AUTH) $(ADMISSION) $(SANDBOX) $(SERVER) \
    $(patsubst %,cluster/%.cpp,apply state) $(patsubst %,gate/%.cpp,http_answer openssl request_reader web_origin web_site) \
    $(patsubst %,tests/support/%.cpp,deadline failure frame_reader session_rules) tests/unit/wire/describe.cpp

FUZZ_BUILD := BUILD=build/fuzz CXX=clang++ SANITIZE=fuzzer-no-link,address,undefined \
    CXXFLAGS='-O1 -g1 -fno-sanitize-recover=all'

build-fuzz:
	$(MAKE) $(FUZZ_BUILD) $(FUZZERS:%=build/fuzz/tests/fuzz_%)

fuzz: ## run libFuzzer with sanitizers, SECONDS=60 for each target, in parallel with -j4; see tests/fuzz/README.md
	$(MAKE) $(FUZZ_BUILD) $(FUZZERS:%=fuzz-%)

$(FUZZ_TARGETS): $(BUILD)/tests/fuzz_%: $(BUILD)/obj/tests/fuzz/targets/%.o $(call objects,$(FUZZ_PARTS)) $(PAGE_FILES)
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer $(filter %.o,$^) -lboost_program_options -lsqlite3 -lcrypt -lmd -lseccomp -lssl -lcrypto $(DAEMON_LIBS) $(UNICODE) -o $@

.PHONY: $(FUZZERS:%=fuzz-%)
$(FUZZERS:%=fuzz-%): fuzz-%: $(BUILD)/tests/fuzz_%
	@mkdir -p $(BUILD)/corpus/$*
	@tests/fuzz/run $< $(SECONDS) $(BUILD)/found-$*- $(BUILD)/corpus/$* tests/fuzz/corpus/$*
