# Build, show and check the labs. `make help` lists what there is to make.
# GNU Make 3.81 is enough.

CC ?= cc
CFLAGS ?= -O2 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion

labs = fork_demo shm socket msgqueue
rooms = $(labs) scripts scripts/compare scripts/watch tests
tests = $(patsubst tests/%.t,%,$(wildcard tests/*.t))
watch = scripts/watch/library
sources = $(filter-out $(watch).c,$(wildcard $(addsuffix /*.c,$(rooms))))

# make BUILD=DIR: binaries go under DIR instead of beside their sources.
ifneq ($(word 2,x$(BUILD)),)
$(error BUILD='$(BUILD)': a name without blanks, please)
endif
out = $(if $(BUILD),$(BUILD)/)
make_folder = $(if $(BUILD),@mkdir -p $(@D))
programs = $(sources:%.c=$(out)%)
measuring = $(filter $(out)scripts/compare/%,$(programs))
tools = $(filter-out $(measuring),$(filter $(out)scripts/% $(out)tests/%,\
	$(programs)))
export BUILD SOAK

.PHONY: all help demo compare test soak lint sanitize faults clean clean-ipc
.PHONY: FORCE
.PHONY: $(labs) $(labs:%=demo-%) $(labs:%=test-%) $(tests:%=test-%)
.PHONY: $(labs:%=watch-%) $(labs:%=step-%)

all: $(programs) ## build all programs (this is what plain `make` does)

# What the programs are built with. When that changes, all are built again.
export built_with := $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LDLIBS)
$(out).built_with: FORCE
	$(make_folder)
	@printf '%s\n' "$$built_with" | cmp -s - $@ || \
		printf '%s\n' "$$built_with" >$@

# One file is one program. Some compilers (tcc) know no atomics.
atomic := $(shell grep -l '<stdatomic.h>' $(sources) /dev/null)
has_atomics = printf '\043include <stdatomic.h>\n' | \
	$(CC) $(CPPFLAGS) -E - >/dev/null 2>&1
compile_if_possible = @if $(has_atomics); then set -x; $(compile); \
	else echo '$(CC) has no <stdatomic.h>: $@ is not built'; fi
compile = $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< -o $@ $(LDLIBS)

$(programs): $(out)%: %.c $(out).built_with
	$(make_folder)
	$(if $(filter $<,$(atomic)),$(compile_if_possible),$(compile))

# What is loaded before libc to see a program's calls. Where there is no such
# thing (all is linked statically), faults and its tests say so.
library = $(out)$(watch).so
$(library): $(watch).c $(wildcard scripts/watch/*.h) $(out).built_with
	$(make_folder)
	$(compile) -fPIC -shared -ldl || echo 'no $@: nothing can be watched'

# What a pair has agreed on is in its folder's header.
headers_of = $(filter $(out)$(1)/%,$(programs)): $(wildcard $(1)/*.h)
$(foreach room,$(rooms),$(eval $(call headers_of,$(room))))
$(tools): $(wildcard $(labs:%=%/*.h))
$(out)tests/teller: scripts/watch/door.h

# The programs of one lab.
lab_programs = $(1): $(filter $(out)$(1)/%,$(programs))
$(foreach lab,$(labs),$(eval $(call lab_programs,$(lab))))

demo: all ## play every lab's sheet: what is typed, and what comes
	@sh scripts/play.sh

## demo-LAB: one lab only; LAB is fork_demo, shm, socket or msgqueue
$(labs:%=demo-%): demo-%: % $(tools)
	@sh scripts/play.sh $*/README.md

# The commands of a lab. WATCH='-o FILE.svg' adds options, COMMANDS="'./a.out'"
# takes others.
watch_fork_demo = fork_demo/private
watch_shm = 'shm/writer -w' 'shm/reader -l'
watch_socket = 'socket/server' 'socket/client'
watch_msgqueue = msgqueue/reader 'msgqueue/writer Hello'
step_shm = shm/writer 'shm/reader -l'
watched = $(or $(COMMANDS),$($(1)_$(2)),$(watch_$(2)))

## watch-LAB: draw who calls what, and who waits for whom
$(labs:%=watch-%): watch-%: % $(tools) $(library)
	@$(out)scripts/watch/watch $(WATCH) $(call watched,watch,$*)

## step-LAB: let the processes make their calls one at a time
$(labs:%=step-%): step-%: % $(tools) $(library)
	@$(out)scripts/watch/watch -s $(WATCH) $(call watched,step,$*)

compare: ## measure what each mechanism costs: a table and a picture
	@sh scripts/compare/compare.sh

test: all ## check every program by its output; TESTS='shm play' only these
	@sh tests/run.sh $(TESTS)

## test-LAB: one lab only, or test-NAME: one file of tests, tests/NAME.t
$(labs:%=test-%): test-%: % $(tools)
	@sh tests/run.sh $*
.PHONY: test-compare
compare test-compare: $(measuring) $(tools)
test-compare:
	@sh tests/run.sh compare

# A file of tests needs its own lab, or all of them.
lab_of = $(firstword $(filter $(firstword $(subst -, ,$(1))),$(labs)) all)
needs_lab = test-$(1): $(call lab_of,$(1)) $(tools)
$(foreach name,$(tests),$(eval $(call needs_lab,$(name))))
$(tests:%=test-%):
	@sh tests/run.sh $(@:test-%=%)

# The sheets watch as well.
demo test soak $(labs:%=demo-%) $(labs:%=test-%): $(library)
test-faults test-watch test-watch-drawn test-watch-left \
	test-watch-step: $(library)
test-fork_demo-browser test-shm-race test-shm-sum: $(library)

## check-TASK: does your program do what a task of a sheet asks for?
tasks = $(patsubst tests/check-%.sh,%,$(wildcard tests/check-*.sh))
.PHONY: $(tasks:%=check-%)
needs_lab_of_task = check-$(1): $(call lab_of,$(1)) $(tools)
$(foreach name,$(tasks),$(eval $(call needs_lab_of_task,$(name))))
$(tasks:%=check-%):
	@sh tests/$@.sh

soak: all ## the long checks; `make soak SOAK=short` asks less of each
	@sh tests/run.sh soak

lint: ## for maintainers: warnings, style, scripts
	@sh tests/lint.sh

faults: all $(library) ## for maintainers: each call of each program fails
	@$(out)scripts/watch/faults $(FAULTS)

# The leak check is there with gcc and clang on Linux, not on macOS.
sanitize: ## the tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) test BUILD=$(out).build/sanitize CFLAGS="-O1 -g \
		-fno-omit-frame-pointer -fsanitize=address,undefined \
		-fno-sanitize-recover=all"

clean: ## remove what was built
	rm -rf $(programs) $(library) .build \
		$(addsuffix .dSYM,$(programs) $(library))
	rm -f $(out)compare.csv $(out)compare.svg $(out).built_with

clean-ipc: $(out)scripts/sysv ## remove what labs may have left in the kernel
	@sh scripts/cleanup.sh

help: ## print this list
	@awk '/^([a-z-]+:.*)?## / { \
		name = text = $$0; \
		sub(/^## /, "", name); sub(/:.*/, "", name); \
		sub(/.*## ([^:]*(LAB|TASK): )?/, "", text); \
		printf "make %-10s  %s\n", name, text }' Makefile
	@echo 'make BUILD=DIR   build into DIR; CC, CFLAGS, LDFLAGS may be set'
