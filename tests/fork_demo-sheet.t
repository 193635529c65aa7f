#!/bin/sh
# fork_demo-sheet.t - the sessions of the lab's sheet and of its top comments
# shellcheck source=tests/sheet.sh
. "${0%/*}/sheet.sh"

play_pages fork_demo/README.md fork_demo/*.c
