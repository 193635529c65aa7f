#!/bin/sh
# socket-sheet.t - the sessions of the lab's sheet and of its top comments
# shellcheck source=tests/sheet.sh
. "${0%/*}/sheet.sh"

needs_loopback
play_pages socket/README.md socket/*.c
