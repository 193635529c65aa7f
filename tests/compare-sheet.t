#!/bin/sh
# compare-sheet.t - the sessions of the page of scripts/compare
# shellcheck source=tests/sheet.sh
. "${0%/*}/sheet.sh"

play_pages scripts/compare/README.md
