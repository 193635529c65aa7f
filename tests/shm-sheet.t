#!/bin/sh
# shm-sheet.t - the sessions of the lab's sheet and of its top comments
# shellcheck source=tests/sheet.sh
. "${0%/*}/sheet.sh"

play_pages shm/README.md shm/*.c
