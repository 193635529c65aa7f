# Build, show and check the labs. `make help` lists what there is to make.
# GNU Make 3.81 is enough.

CC ?= cc
CFLAGS ?= -O2 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion

labs = fork_demo shm socket msgqueue
checked = $(sort $(labs) compare $(patsubst tests/%.t,%,$(wildcard tests/*.t)))
sources = $(wildcard $(addsuffix /*.c,$(labs) scripts scripts/compare tests))

# make BUILD=DIR: binaries go under DIR instead of beside their sources.
out = $(if $(BUILD),$(BUILD)/)
programs = $(sources:%.c=$(out)%)
export BUILD SOAK

.PHONY: all help demo compare test soak lint sanitize clean clean-ipc
.PHONY: $(labs:%=demo-%) $(checked:%=test-%)

all: $(programs) ## build all programs (this is what plain `make` does)

# One file is one program.
$(programs): $(out)%: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< -o $@ $(LDLIBS)

# What a pair has agreed on is in its folder's header.
headers_of = $(filter $(out)$(1)/%,$(programs)): $(wildcard $(1)/*.h)
$(foreach lab,$(labs),$(eval $(call headers_of,$(lab))))
$(filter $(out)scripts/% $(out)tests/%,$(programs)): \
	$(wildcard */*.h scripts/*/*.h)

demo: all ## see every lab, with a narration
	@scripts/demo.sh

## demo-LAB: one lab only; LAB is fork_demo, shm, socket or msgqueue
$(labs:%=demo-%): demo-%: all
	@scripts/demo.sh $*

compare: all ## measure what each mechanism costs: a table and a picture
	@scripts/compare/compare.sh

test: all ## check every program by its output
	@tests/run.sh

## test-LAB: one lab only, or test-NAME: one file of tests, tests/NAME.t
$(checked:%=test-%): test-%: all
	@tests/run.sh $*

soak: all ## the long checks; `make soak SOAK=short` asks less of each
	@tests/run.sh soak

lint: ## for maintainers: warnings, style, scripts
	@tests/lint.sh

# The leak check is there with gcc and clang on Linux, not on macOS.
sanitize: ## the tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) test BUILD=$(out).build/sanitize CFLAGS="-O1 -g \
		-fno-omit-frame-pointer -fsanitize=address,undefined \
		-fno-sanitize-recover=all"

clean: ## remove what was built
	rm -rf $(programs) $(addsuffix .dSYM,$(programs)) .build
	rm -f $(out)compare.csv $(out)compare.svg

clean-ipc: $(out)scripts/sysv ## remove what labs may have left in the kernel
	@scripts/cleanup.sh

help: ## print this list
	@awk '/^([a-z-]+:.*)?## / { \
		name = text = $$0; \
		sub(/^## /, "", name); sub(/:.*/, "", name); \
		sub(/.*## ([^:]*LAB: )?/, "", text); \
		printf "make %-10s  %s\n", name, text }' Makefile
	@echo 'make BUILD=DIR   build into DIR; CC, CFLAGS, LDFLAGS may be set'
