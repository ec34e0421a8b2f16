# Belfry. `make help` lists what can be made.

BUILD    ?= build
CXX      ?= g++
CXXFLAGS ?= -O2 -g
PREFIX   ?= /usr/local

# Flags that the code needs in addition to the user's CXXFLAGS. The check-* targets set SANITIZE.
SANITIZE     ?=
WARNINGS     := -Wall -Wextra -Wpedantic -Wconversion -Werror
OUR_CPPFLAGS := -I.
OUR_CXXFLAGS := -std=c++20 -pthread $(WARNINGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# daemon/ needs these for setproctitle().
DAEMON_LIBS  := -lbsd -lmd
OUR_LDFLAGS  := -pthread $(if $(SANITIZE),-fsanitize=$(SANITIZE))
COMPILE       = $(CXX) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CXXFLAGS) $(CXXFLAGS)
LINK          = $(CXX) $(OUR_LDFLAGS) $(CXXFLAGS) $(LDFLAGS)

# The sources of folders, without main.cpp, which tests cannot link.
sources = $(filter-out %/main.cpp,$(wildcard $(addsuffix /*.cpp,$(1))))
objects = $(patsubst %.cpp,$(BUILD)/obj/%.o,$(1))

BASE    := $(call sources,base)
WIRE    := $(call sources,wire)
CLI     := $(call sources,cli)
DAEMON  := $(call sources,daemon)
SHM     := $(call sources,shm)
STORE   := $(call sources,store)
AUTH    := $(call sources,auth)
ADMISSION := $(call sources,admission)
SANDBOX := $(call sources,sandbox)
GATE    := $(call sources,gate)
SERVER  := $(call sources,server)
CLUSTER := $(call sources,cluster)
CLIENT  := $(call sources,client)
TERMINAL := $(call sources,terminal)
CTL     := $(call sources,ctl)

# What protoc makes of cluster/etcd.proto.
ETCD_API     := $(patsubst %,$(BUILD)/obj/cluster/etcd.%,pb.h pb.cc grpc.pb.h grpc.pb.cc)
ETCD_OBJECTS := $(patsubst %.cc,%.o,$(filter %.cc,$(ETCD_API)))

# What libbelfry needs besides client/.
LIBRARY := $(patsubst %,base/%.cpp,endpoint) \
    $(patsubst %,wire/%.cpp,error_code frame_parser limits print secret_text) $(CLIENT)

# The files of the page, which belfry-gate contains. page/embed makes a source of them.
PAGE       := $(sort $(wildcard $(addprefix page/*.,html css js svg png webmanifest)))
PAGE_FILES := $(BUILD)/obj/page/page_files.o

MICRO   := $(call sources,bench/micro)
# The benchmarks link the parts of the tests' support that need no GoogleTest.
BENCHED := $(call sources,bench/support) $(patsubst %,tests/support/%.cpp,certificates deadline failure leftovers proc process running_server temp_dir)

FOLDERS   := belfry base cli daemon wire shm store auth admission sandbox gate server cluster client terminal ctl
FORMATTED := belfry/belfry.h $(wildcard $(addsuffix /*.[ch]pp,$(FOLDERS) bench bench/* client/examples tests/* tests/*/*))
LINTED    := $(wildcard $(addsuffix /*.cpp,$(FOLDERS) client/examples))

PROGRAMS := $(addprefix $(BUILD)/bin/,belfryd belfry-gate belfry-replica belfry belfryctl)

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all programs run bench install install-python uninstall deb format check-format lint clean help .always

all: programs library ## build the programs into build/bin, and libbelfry into build/lib

programs: $(PROGRAMS)

$(BUILD)/bin/belfryd $(BUILD)/tests/belfryd: $(call objects,$(BASE) $(CLI) $(DAEMON) $(WIRE) $(SHM) $(STORE) $(AUTH) $(ADMISSION) $(SANDBOX) $(SERVER) server/main.cpp)
$(BUILD)/bin/belfry-gate: $(call objects,$(BASE) $(CLI) $(DAEMON) $(WIRE) $(ADMISSION) $(SANDBOX) $(GATE) gate/main.cpp) $(PAGE_FILES)
$(BUILD)/bin/belfry-replica: $(call objects,$(BASE) $(CLI) $(DAEMON) $(WIRE) $(SHM) $(STORE) $(CLUSTER) cluster/main.cpp) $(ETCD_OBJECTS)
$(BUILD)/bin/belfry:    $(call objects,$(BASE) $(CLI) $(TERMINAL) terminal/main.cpp) $(BUILD)/lib/libbelfry.a
$(BUILD)/bin/belfryctl: $(call objects,$(BASE) $(CLI) $(WIRE) $(SHM) $(STORE) $(AUTH) $(CTL) ctl/main.cpp)

# base/ needs it for the properties of characters.
UNICODE := -lunistring
$(PROGRAMS) $(BUILD)/tests/belfryd: LDLIBS = -lboost_program_options $(UNICODE)
$(BUILD)/bin/belfry: LDLIBS += -ledit -ltinfo -lssl -lcrypto -lbsd
$(BUILD)/bin/belfryd $(BUILD)/bin/belfryctl $(BUILD)/tests/belfryd: LDLIBS += -lsqlite3 -lcrypt -lmd
$(BUILD)/bin/belfryd $(BUILD)/bin/belfry-gate $(BUILD)/tests/belfryd: LDLIBS += $(DAEMON_LIBS) -lseccomp
$(BUILD)/bin/belfry-gate: LDLIBS += -lssl -lcrypto
$(BUILD)/bin/belfryctl: LDLIBS += -lncurses -ltinfo -lbsd
# cluster/ needs these for etcd. Only belfry-replica is linked to them, and to shared libraries, because it never forks.
ETCD_LIBS := -lgrpc++ -lgpr -lprotobuf-lite -labsl_synchronization -lcrypto
$(BUILD)/bin/belfry-replica: LDLIBS += -lsqlite3 -lmd $(DAEMON_LIBS) $(ETCD_LIBS)
# belfryd is linked statically, because each child would copy the mappings of shared libraries and the data that
# they wrote before the fork. This saves 50 KiB per child and half the time of a login. SQLite's dlopen is
# never called. server/huge_program.hpp needs the alignment. belfry-gate is linked statically for the same reason.
$(BUILD)/bin/belfryd: LDLIBS += $(if $(SANITIZE),,-static-pie -Wl,--no-warnings -Wl,-z,max-page-size=0x200000)
$(BUILD)/bin/belfry-gate: LDLIBS += $(if $(SANITIZE),,-static-pie -Wl,--no-warnings)

$(PROGRAMS) $(BUILD)/tests/belfryd:
	@mkdir -p $(@D)
	$(LINK) $(filter %.o %.a,$^) $(LDLIBS) -o $@

# The library, as an archive and as a shared library. Only the symbols that client/libbelfry.map names leave the latter.
SONAME  := libbelfry.so.1
VERSION := $(shell sed -n 's/.*version = "\(.*\)";/\1/p' wire/version.hpp)

.PHONY: library
library: $(BUILD)/lib/libbelfry.a $(BUILD)/lib/libbelfry.so ## build libbelfry into build/lib

$(BUILD)/lib/libbelfry.a: $(call objects,$(LIBRARY))
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/lib/$(SONAME): $(patsubst %.cpp,$(BUILD)/obj/pic/%.o,$(LIBRARY)) client/libbelfry.map
	@mkdir -p $(@D)
	$(LINK) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=client/libbelfry.map -Wl,-z,defs \
	    $(filter %.o,$^) -lssl -lcrypto -o $@

$(BUILD)/lib/libbelfry.so: $(BUILD)/lib/$(SONAME)
	ln -sf $(SONAME) $@

# The examples are built as a stranger would build them.
EXAMPLES := $(patsubst client/examples/%.cpp,$(BUILD)/examples/%,$(wildcard client/examples/*.cpp))
.PHONY: examples
examples: $(EXAMPLES) ## build the library's examples into build/examples

$(BUILD)/examples/event_log: LDLIBS += -lsqlite3
$(EXAMPLES): $(BUILD)/examples/%: $(BUILD)/obj/client/examples/%.o $(BUILD)/lib/libbelfry.a
	@mkdir -p $(@D)
	$(LINK) $^ $(LDLIBS) -lssl -lcrypto -o $@

$(BUILD)/obj/pic/%.o: %.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -fPIC -fvisibility=hidden -fvisibility-inlines-hidden -MMD -MP -c $< -o $@

$(BUILD)/obj/%.o: %.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) $(EXTRA) -MMD -MP -c $< -o $@

$(call objects,$(CLUSTER) cluster/main.cpp): EXTRA += -isystem $(BUILD)/obj
$(call objects,$(CLUSTER) cluster/main.cpp): | $(ETCD_API)

$(ETCD_API) &: cluster/etcd.proto
	@mkdir -p $(BUILD)/obj
	protoc --cpp_out=$(BUILD)/obj --grpc_out=$(BUILD)/obj --plugin=protoc-gen-grpc=$$(command -v grpc_cpp_plugin) $<

# A precompiled header saves more than half of the time of builds with a sanitizer. Other builds do without it, which
# proves that each source includes what it uses.
$(BUILD)/obj/%.hpp.gch: %.hpp $(BUILD)/flags
	@mkdir -p $(@D)
	cp $< $(basename $@)
	$(COMPILE) $(EXTRA) -x c++-header $< -o $@

ifneq ($(SANITIZE),)
PRECOMPILED := $(BUILD)/obj/base/precompiled.hpp
USES_IT     := $(call objects,$(BASE) $(CLI) $(DAEMON) $(WIRE) $(SHM) $(STORE) $(AUTH) $(ADMISSION) $(SANDBOX) $(GATE) $(SERVER) \
    $(CLUSTER) $(CLIENT) $(TERMINAL) $(CTL) $(addsuffix /main.cpp,server gate cluster terminal ctl))
$(USES_IT): EXTRA += -include $(PRECOMPILED)
$(USES_IT): $(PRECOMPILED).gch
$(PRECOMPILED).gch: EXTRA :=
endif

# Warnings of code that is not ours are of no use.
$(ETCD_OBJECTS): %.o: %.cc $(BUILD)/flags
	$(COMPILE) -w -isystem $(BUILD)/obj -MMD -MP -c $< -o $@

# The list of files is a prerequisite too, so that a file that was removed leaves the program.
$(BUILD)/obj/page/page_files.cpp: page/embed $(PAGE) $(BUILD)/obj/page/list
	page/embed $(PAGE) > $@

$(BUILD)/obj/page/list: .always
	@mkdir -p $(@D)
	@echo '$(PAGE)' | cmp -s - $@ || echo '$(PAGE)' > $@

$(PAGE_FILES): $(BUILD)/obj/page/page_files.cpp $(BUILD)/flags
	$(COMPILE) -MMD -MP -c $< -o $@

# This file changes if the compiler or its flags change, so that everything is built again.
$(BUILD)/flags: .always
	@mkdir -p $(@D)
	@echo '$(COMPILE) $(LINK)' | cmp -s - $@ || echo '$(COMPILE) $(LINK)' > $@

include tests/tests.mk

run: all ## start a server for clients 1, 2 and 3 on port 5000, and its page on port 8080
	$(BUILD)/bin/belfryd -client_ids 1,2,3 -port 5000 --web-port 8080

BENCHES := $(addprefix $(BUILD)/bench/,micro durable fanout cluster idle flood library)
RESULTS ?= bench/results

bench: $(PROGRAMS) $(BENCHES) ## measure for an hour; results go to RESULTS=bench/results
	for bench in $(BENCHES) bench/page/measure bench/python/clients.py bench/javascript/clients.py; do \
	    BELFRY_BIN=$(abspath $(BUILD)/bin) $$bench --dir $(BUILD) --results $(RESULTS) || exit; done

$(BUILD)/bench/micro:   $(call objects,$(BASE) $(SHM) $(MICRO) bench/micro/main.cpp)
$(BUILD)/bench/durable: $(call objects,$(call sources,bench/durable) bench/durable/main.cpp)
$(BUILD)/bench/fanout:  $(call objects,$(call sources,bench/fanout) bench/fanout/main.cpp)
$(BUILD)/bench/cluster: $(call objects,$(SHM) $(call sources,bench/cluster) bench/cluster/main.cpp $(filter cluster/etcd_%,$(CLUSTER)) cluster/text_fields.cpp tests/support/etcd_servers.cpp) $(ETCD_OBJECTS)
$(BUILD)/bench/idle:    $(call objects,$(call sources,bench/idle) bench/idle/main.cpp)
$(BUILD)/bench/flood:   $(call objects,$(call sources,bench/flood) bench/flood/main.cpp)
$(BUILD)/bench/library: $(call objects,$(call sources,bench/library) bench/library/main.cpp) $(BUILD)/lib/libbelfry.a
$(BUILD)/bench/micro:   LDLIBS = -lbenchmark
$(BUILD)/bench/cluster: LDLIBS = $(ETCD_LIBS)
$(BENCHES): $(call objects,$(BASE) $(CLI) $(WIRE) $(AUTH) $(BENCHED))
	@mkdir -p $(@D)
	$(LINK) $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) -lboost_program_options -lssl -lcrypto -lcrypt -lmd $(UNICODE) -o $@

# The places of `make install`, all below $(DESTDIR).
BINDIR        = $(PREFIX)/bin
MANDIR        = $(PREFIX)/share/man
COMPLETIONDIR = $(PREFIX)/share/bash-completion/completions
LIBDIR       ?= $(PREFIX)/lib
INCLUDEDIR    = $(PREFIX)/include
EXAMPLEDIR    = $(PREFIX)/share/doc/belfry/examples
# Where Debian's python3 looks: /usr/lib/python3 is for packages alone.
PYTHONDIR    ?= $(PREFIX)/lib/$(if $(filter /usr,$(PREFIX)),python3,python$(shell python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])'))/dist-packages
UNITDIR      ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR   = $(PREFIX)/lib/sysusers.d
MANUALS      := libbelfry.3 belfry.1 belfryd.8 belfry-gate.8 belfry-replica.8 belfryctl.8
INSTALLED     = $(PROGRAMS:$(BUILD)/bin/%=$(BINDIR)/%) $(PROGRAMS:$(BUILD)/bin/%=$(COMPLETIONDIR)/%) \
    $(foreach manual,$(MANUALS),$(MANDIR)/man$(subst .,,$(suffix $(manual)))/$(manual)) \
    $(addprefix $(LIBDIR)/,libbelfry.a libbelfry.so libbelfry.so.1 pkgconfig/belfry.pc) \
    $(addprefix $(INCLUDEDIR)/,belfry.h belfry/client.hpp) \
    $(UNITDIR)/belfryd.service $(SYSUSERSDIR)/belfry.conf $(EXAMPLEDIR)/belfryd.conf $(EXAMPLEDIR)/certbot-deploy-hook

install: all ## install into $(DESTDIR)$(PREFIX)
	install -d $(addprefix $(DESTDIR),$(sort $(dir $(INSTALLED))))
	install -m 755 $(PROGRAMS) $(DESTDIR)$(BINDIR)
	packaging/install_library $(abspath $(BUILD)/lib) '$(DESTDIR)' $(PREFIX) $(LIBDIR) $(VERSION)
	for manual in $(MANUALS); do install -m 644 man/$$manual $(DESTDIR)$(MANDIR)/man$${manual##*.}; done
	install -m 644 packaging/completion.bash $(DESTDIR)$(COMPLETIONDIR)/belfryd
	ln -sf belfryd $(DESTDIR)$(COMPLETIONDIR)/belfry
	ln -sf belfryd $(DESTDIR)$(COMPLETIONDIR)/belfryctl
	ln -sf belfryd $(DESTDIR)$(COMPLETIONDIR)/belfry-gate
	ln -sf belfryd $(DESTDIR)$(COMPLETIONDIR)/belfry-replica
	sed 's|@BINDIR@|$(BINDIR)|' packaging/belfryd.service.in > $(DESTDIR)$(UNITDIR)/belfryd.service
	chmod 644 $(DESTDIR)$(UNITDIR)/belfryd.service
	install -m 644 packaging/sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/belfry.conf
	install -m 644 packaging/belfryd.conf $(DESTDIR)$(EXAMPLEDIR)/belfryd.conf
	install -m 755 packaging/certbot-deploy-hook $(DESTDIR)$(EXAMPLEDIR)/certbot-deploy-hook

# The module becomes a package of one file, because only packages can say by py.typed that they are typed.
install-python: ## install the Python client into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PYTHONDIR)/belfry
	install -m 644 python/belfry.py $(DESTDIR)$(PYTHONDIR)/belfry/__init__.py
	install -m 644 python/py.typed $(DESTDIR)$(PYTHONDIR)/belfry

uninstall: ## remove the installed files
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	rm -rf $(DESTDIR)$(PYTHONDIR)/belfry

# dpkg-buildpackage writes into its folder and beside it, so it runs in a copy, without the variables of this make.
deb: ## build the Debian packages into build/deb; needs debhelper and dh-python
	rm -rf build/deb
	mkdir -p build/deb/belfry
	tar --exclude=./build --exclude=./.git --exclude=./belfry-data -c . | tar -x -C build/deb/belfry
	cd build/deb/belfry && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage --build=binary --no-sign --jobs=$$(nproc)
	rm -rf build/deb/belfry

format: ## rewrite all sources in the project's style
	clang-format -i $(FORMATTED)

check-format: ## fail if `make format` would change something
	clang-format --dry-run --Werror $(FORMATTED)

lint: check-format $(ETCD_API) ## run clang-tidy on the sources of the programs
	printf '%s\n' $(LINTED) | xargs -P $(shell nproc) -I FILE clang-tidy --quiet FILE -- $(OUR_CPPFLAGS) -isystem $(BUILD)/obj $(OUR_CXXFLAGS)

# The commands are those that make itself would run, so that each source has its own flags. They leave out the
# precompiled header, because other compilers cannot read that of g++.
compile_commands.json: .always ## write how each source is compiled, for editors and clang's tools
	@commands=$$($(MAKE) --always-make --dry-run --no-print-directory \
	        $(PROGRAMS) $(ALL_TESTS) $(BENCHES) $(FUZZ_TARGETS)) && \
	    printf '%s\n' "$$commands" | sed -n -e 's/ -include [^ ]*precompiled\.hpp//' -e 's/["\\]/\\&/g' \
	        -e 's|^$(CXX) .* -c \([^ ]*\.cpp\) .*|{"directory": "$(CURDIR)", "file": "\1", "command": "&"},|p' | \
	    sed -e '1s/^/[/' -e '$$s/,$$/]/' > $@

clean: ## remove all built files
	rm -rf build compile_commands.json

help: ## print this list
	@awk -F':.*## ' '/^[a-z_.-]+:.*## / {printf "  make %-21s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
