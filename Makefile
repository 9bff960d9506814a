# Makefile for scep.fcgi.  GNU make; see INSTALL.

VERSION	 = 0.1

PREFIX	?= /usr/local
BINDIR	?= $(PREFIX)/sbin
CGIDIR	?= $(PREFIX)/lib/cgi-bin
MANDIR	?= $(PREFIX)/share/man
DOCDIR	?= $(PREFIX)/share/doc/scep.fcgi
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
UNITDIR	?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
CONFDIR	?= /etc/scep
STATEDIR ?= /var/lib/scep

CC	?= cc
PKG_CONFIG ?= pkg-config
CFLAGS	?= -O2 -g

# Objects go to BUILD, programs to BIN.
BUILD	?= build
BIN	?= .

WARN	 = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	   -Wpointer-arith -Wcast-qual -Wconversion -Wformat=2 -Wvla \
	   -Wwrite-strings -Wundef $(WERROR)
HARDEN	?= -fstack-protector-strong -D_FORTIFY_SOURCE=2
PKGS	 = libcrypto jansson libseccomp libcurl $(QRPKGS)
# `scepadm client` draws QR codes where these are.
QR	?= $(shell $(PKG_CONFIG) --exists libqrencode libpng && echo yes)
ifeq ($(QR),yes)
QRPKGS	 = libqrencode libpng
NOQR	 = cgi/scepadm_noqr.c
else
QRPKGS	 =
NOQR	 = cgi/scepadm_qr.c
endif
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -fPIE -pthread \
	   -DSCEP_CONF_PATH='"$(CONFDIR)/scep.conf"' \
	   -DSCEP_CONF_DIR='"$(CONFDIR)"' -DSCEP_STATE_DIR='"$(STATEDIR)"' \
	   $(WARN) $(HARDEN) -Ilib -I. -MMD -MP \
	   $(shell $(PKG_CONFIG) --cflags $(PKGS)) $(CFLAGS)
ALL_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now $(LDFLAGS)
LDLIBS	 = $(shell $(PKG_CONFIG) --libs libcrypto jansson) -ldb
ADMLIBS	 = $(shell $(PKG_CONFIG) --libs libcurl $(QRPKGS))
FCGILIBS = -lfcgi $(shell $(PKG_CONFIG) --libs libseccomp)
# libcrypto first: most symbols are its own, and all it needs are looked up at
# each start.
# With STATIC=yes scep.fcgi brings its libraries with it, all but libc.  A CGI
# run then costs 0.6 ms less, and the program runs where they are not
# installed; but it must be built anew whenever one of them is mended.
ifdef STATIC
OURLIBS	 = -Wl,-Bstatic $(LDLIBS) $(FCGILIBS) -Wl,-Bdynamic
else
OURLIBS	 = $(LDLIBS) $(FCGILIBS)
endif

LIB	 = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard lib/*/*.c)))
SHARED	 = $(patsubst %.c,$(BUILD)/%.o,cgi/state.c cgi/state_socket.c \
	   cgi/admin_socket.c cgi/child.c cgi/log.c)
CLIENT	 = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard cgi/scep_client*.c)))
ADM	 = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(NOQR), \
	   $(sort $(wildcard cgi/scepadm*.c cgi/doctor*.c))))
MDM	 = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard cgi/mdm*.c)))
DOORS	 = $(MDM) $(patsubst %.c,$(BUILD)/%.o,cgi/knock_ask.c \
	   $(sort $(wildcard cgi/scep_admin*.c)))
CGI	 = $(filter-out $(SHARED) $(CLIENT) $(DOORS) $(BUILD)/cgi/scepadm% \
	   $(BUILD)/cgi/doctor%, \
	   $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard cgi/*.c))))

UNIT	 = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/t_*.c)))
HOOKS	 = $(patsubst %,$(BUILD)/cgi/%.o,child hook hook_curl hook_exec \
	   hook_http hook_spawn)
PURE	 = $(patsubst %,$(BUILD)/cgi/%.o,doctor_fix fcgi_ask http idle page peer) \
	   $(patsubst %,$(BUILD)/cgi/scepadm_client_%.o,text label apple \
	   certmonger cisco scepclient sscep strongswan windows)
JUDGE	 = $(patsubst %,$(BUILD)/tests/bench/%.o,bench load_check load_http)
HELPERS	 = $(CLIENT) $(PURE) $(HOOKS) $(MDM) $(JUDGE) $(patsubst %.c,$(BUILD)/%.o, \
	   $(filter-out tests/unit/t_%,$(sort $(wildcard tests/unit/*.c))))
FUZZ	 = $(sort $(wildcard tests/fuzz/fuzz_*.c))
REPLAY	 = $(patsubst %.c,$(BUILD)/%,$(FUZZ))

all: $(BIN)/scep.fcgi $(BIN)/scep-admin.fcgi $(BIN)/scepadm

$(BUILD)/libscep.a: $(LIB)
	rm -f $@
	$(AR) rcs $@ $(LIB)

$(BIN)/scep.fcgi: $(CGI) $(SHARED) $(BUILD)/libscep.a
	$(CC) $(ALL_LDFLAGS) -o $@ $(CGI) $(SHARED) $(BUILD)/libscep.a \
	    $(OURLIBS)

$(BIN)/scep-admin.fcgi: $(DOORS) $(SHARED) $(patsubst %,$(BUILD)/cgi/%.o, \
    accept cgi_pipe crew fcgi_request http listen peer sandbox) \
    $(BUILD)/libscep.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(OURLIBS)

$(BIN)/scepadm: $(ADM) $(CLIENT) $(SHARED) $(BUILD)/libscep.a
	$(CC) $(ALL_LDFLAGS) -o $@ $(ADM) $(CLIENT) $(SHARED) \
	    $(BUILD)/libscep.a $(ADMLIBS) $(LDLIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(UNIT): $(BUILD)/%: $(BUILD)/%.o $(HELPERS) $(BUILD)/libscep.a
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(HELPERS) $(BUILD)/libscep.a \
	    -lcmocka $(LDLIBS)

# Each fuzzer, with a main() that replays the seed corpus.
$(REPLAY): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/tests/fuzz/replay.o $(HELPERS) \
    $(BUILD)/libscep.a
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(BUILD)/tests/fuzz/replay.o $(HELPERS) \
	    $(BUILD)/libscep.a -lcmocka $(LDLIBS)

$(BIN)/scepbot: $(BUILD)/tests/scepbot.o $(BUILD)/tests/unit/client.o $(CLIENT)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs libcrypto)

# One odd pkiMessage, as described by its arguments.
$(BIN)/oddmsg: $(BUILD)/tests/oddmsg.o $(patsubst %.c,$(BUILD)/%.o, \
    $(filter-out %/odd_world.c,$(sort $(wildcard tests/unit/odd*.c))) \
    tests/unit/der_make.c tests/unit/world_keys.c) $(BUILD)/libscep.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# One call of a hook, as a server makes it.
$(BIN)/hookcall: $(BUILD)/tests/hookcall.o $(HOOKS) $(BUILD)/libscep.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BIN)/scepload: $(BUILD)/tests/scepload.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^

# Load for any SCEP server; every answer is checked.
BENCH	 = $(BUILD)/tests/bench/bench.o
BENCHES	 = $(patsubst %,$(BIN)/bench-%,load engine hello disk start cgi)
$(BIN)/bench-load: $(patsubst %.c,$(BUILD)/%.o, \
    $(sort $(wildcard tests/bench/load*.c))) $(BENCH) \
    $(BUILD)/tests/unit/client.o $(CLIENT)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs libcrypto) -lm

# The CPU of an enrolment inside the engine.
$(BIN)/bench-engine: $(patsubst %.c,$(BUILD)/%.o, \
    $(sort $(wildcard tests/bench/engine*.c))) $(BENCH) \
    $(BUILD)/tests/unit/client.o $(CLIENT) $(SHARED) $(BUILD)/libscep.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# What others are held against: a FastCGI program that says hello, the disk;
# and the time from exec to the first answer.
$(BIN)/bench-hello: $(BUILD)/tests/bench/hello.o $(BENCH)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lfcgi
$(BIN)/bench-disk: $(BUILD)/tests/bench/disk.o $(BENCH)
	$(CC) $(ALL_LDFLAGS) -o $@ $^
$(BIN)/bench-start: $(BUILD)/tests/bench/start.o \
    $(BUILD)/tests/bench/load_http.o $(BENCH)
	$(CC) $(ALL_LDFLAGS) -o $@ $^

# A store full of certificates, for tests and benchmarks.
$(BIN)/bench-fill: $(patsubst %.c,$(BUILD)/%.o, \
    $(sort $(wildcard tests/bench/fill*.c))) $(SHARED) $(BUILD)/libscep.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# sh tests/bench/cgi measures with it what a CGI run costs.
$(BIN)/bench-cgi: $(patsubst %.c,$(BUILD)/%.o, \
    $(sort $(wildcard tests/bench/cgi*.c))) $(BENCH) $(BUILD)/cgi/fcgi_ask.o \
    $(BUILD)/tests/unit/client.o $(CLIENT) $(SHARED) $(BUILD)/libscep.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# A table of all that is measured, in a few minutes; BENCHFLAGS=-q looks only
# whether it works.
bench: programs
	sh tests/bench/run -b $(BIN) $(BENCHFLAGS)

unit: $(UNIT) $(REPLAY)
programs: all $(BIN)/scepbot $(BIN)/oddmsg $(BIN)/scepload \
    $(BIN)/hookcall $(BIN)/bench-fill $(BENCHES)

# What needs no web server: layers, unit tests, seed corpora.
check: layers all $(UNIT) $(REPLAY)
	sh tests/check $(BUILD)

layers:
	sh tests/layers

check-asan:
	ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
	$(MAKE) check BUILD=build-asan BIN=build-asan HARDEN= \
	    CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' \
	    LDFLAGS='-fsanitize=address,undefined'

# libdb's own locking is invisible to TSan: see tests/tsan.supp.  Its locks are
# mutexes that one thread takes and another gives back; in the graph of them
# the search for deadlocks may take for ever.
check-tsan:
	TSAN_OPTIONS='ignore_noninstrumented_modules=1 halt_on_error=1 detect_deadlocks=0' \
	$(MAKE) check BUILD=build-tsan BIN=build-tsan HARDEN= \
	    CFLAGS='-O1 -g -fsanitize=thread' LDFLAGS='-fsanitize=thread'

# libFuzzer: make fuzz, then build-fuzz/fuzz_NAME tests/fuzz/corpus/NAME
FUZZERS	 = $(patsubst tests/fuzz/%.c,build-fuzz/%,$(FUZZ))
fuzz: $(FUZZERS)
build-fuzz/%: tests/fuzz/%.c \
    $(wildcard lib/*/*.[ch] tests/unit/*.[ch] cgi/scep_client*.[ch] \
    cgi/mdm*.[ch])
	@mkdir -p build-fuzz
	clang -g -O1 -std=c11 -D_GNU_SOURCE -Ilib -I. \
	    -fsanitize=fuzzer,address,undefined -o $@ $< \
	    $(filter-out tests/unit/t_%,$(wildcard tests/unit/*.c)) \
	    $(wildcard cgi/scep_client*.c cgi/mdm*.c) cgi/http.c \
	    $(wildcard lib/*/*.c) -lcmocka $(LDLIBS)

lint:
	sh tests/lint

install: all
	install -d $(DESTDIR)$(CGIDIR) $(DESTDIR)$(BINDIR) \
	    $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8 \
	    $(DESTDIR)$(DOCDIR)/examples
	install -m 755 $(BIN)/scep.fcgi $(DESTDIR)$(CGIDIR)/scep.fcgi
	install -m 755 $(BIN)/scep-admin.fcgi \
	    $(DESTDIR)$(CGIDIR)/scep-admin.fcgi
	install -m 755 $(BIN)/scepadm $(DESTDIR)$(BINDIR)/scepadm
	install -m 644 cgi/scep.fcgi.8 cgi/scep-admin.fcgi.8 cgi/scepadm.8 \
	    $(DESTDIR)$(MANDIR)/man8
	install -m 644 cgi/scep.conf.5 cgi/scep-token.5 \
	    $(DESTDIR)$(MANDIR)/man5
	install -m 644 README INSTALL CHANGES LICENSE $(DESTDIR)$(DOCDIR)
	install -m 644 examples/*.conf examples/*.lua examples/*.htaccess \
	    $(DESTDIR)$(DOCDIR)/examples
	install -m 755 examples/intune-validate examples/mint-token.* \
	    $(DESTDIR)$(DOCDIR)/examples
	install -d $(DESTDIR)$(DOCDIR)/examples/systemd
	install -m 644 examples/systemd/network.conf \
	    $(DESTDIR)$(DOCDIR)/examples/systemd
	install -d $(DESTDIR)$(COMPLETIONDIR)
	install -m 644 cgi/scepadm.bash $(DESTDIR)$(COMPLETIONDIR)/scepadm
	$(MAKE) --no-print-directory install-systemd

# The units name the program, and like the others where it has its things.
PLACES	 = sed -e 's,/usr/local/lib/cgi-bin,$(CGIDIR),g' \
	   -e 's,/usr/local/sbin,$(BINDIR),g' \
	   -e 's,/etc/scep,$(CONFDIR),g' -e 's,/var/lib/scep,$(STATEDIR),g'
install-systemd:
	install -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(SYSUSERSDIR) \
	    $(DESTDIR)$(TMPFILESDIR)
	for unit in scep.socket scep.service scep-admin.socket \
	    scep-admin.service; do \
		$(PLACES) examples/systemd/$$unit \
		    >$(DESTDIR)$(UNITDIR)/$$unit && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$unit || exit 1; \
	done
	$(PLACES) examples/systemd/sysusers.conf \
	    >$(DESTDIR)$(SYSUSERSDIR)/scep.conf
	$(PLACES) examples/systemd/tmpfiles.conf \
	    >$(DESTDIR)$(TMPFILESDIR)/scep.conf
	chmod 644 $(DESTDIR)$(SYSUSERSDIR)/scep.conf \
	    $(DESTDIR)$(TMPFILESDIR)/scep.conf

# What is committed, in a tarball that is the same wherever it is made, from a
# clone or from such a tarball.
DIST	 = scep.fcgi-$(VERSION)
GIT	 = git -c safe.directory='$(CURDIR)'
dist:
	rm -rf build/dist
	mkdir -p build/dist/$(DIST)
	@if [ -e .git ]; then \
		$(GIT) diff --quiet HEAD || \
		    echo "dist: what is not committed is left out" >&2; \
		$(GIT) archive --format=tar HEAD | \
		    tar -xf - -C build/dist/$(DIST) && \
		(cd build/dist/$(DIST) && find . -type f | LC_ALL=C sort) \
		    >build/dist/files && \
		mv build/dist/files build/dist/$(DIST)/MANIFEST && \
		touch -d "@$$($(GIT) log -1 --format=%ct)" \
		    build/dist/$(DIST)/MANIFEST; \
	elif [ -e MANIFEST ]; then \
		tar -cf - -T MANIFEST MANIFEST | \
		    tar -xf - -C build/dist/$(DIST); \
	else \
		echo "dist: neither a clone nor an unpacked tarball" >&2; \
		exit 1; \
	fi
	tar -C build/dist --sort=name --format=gnu --owner=0 --group=0 \
	    --numeric-owner --mode=u=rwX,go=rX \
	    --mtime="@$$(stat -c %Y build/dist/$(DIST)/MANIFEST)" \
	    -cf - $(DIST) | xz -6 -T1 >$(DIST).tar.xz
	rm -rf build/dist

# Does it build from there, and leave nothing behind?  DISTCHECK=all is quick.
DISTCHECK ?= check
distcheck: dist
	rm -rf build/distcheck
	mkdir -p build/distcheck
	tar -xJf $(DIST).tar.xz -C build/distcheck
	cd build/distcheck/$(DIST) && \
	    $(MAKE) all $(DISTCHECK) BUILD=build BIN=. && \
	    $(MAKE) install DESTDIR=$(CURDIR)/build/distcheck/root \
	    BUILD=build BIN=. && \
	    $(MAKE) clean && \
	    { cat MANIFEST; echo ./MANIFEST; } | LC_ALL=C sort >../want && \
	    find . -type f | LC_ALL=C sort | diff ../want -
	rm -rf build/distcheck

clean:
	rm -rf build build-asan build-tsan build-fuzz build-clang
	rm -f scep.fcgi scep-admin.fcgi scepadm scepbot oddmsg scepload hookcall \
	    bench-fill $(BENCHES)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all unit programs bench check layers check-asan check-tsan fuzz lint \
	install install-systemd dist distcheck clean
.SECONDARY:
