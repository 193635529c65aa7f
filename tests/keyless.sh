#!/bin/sh
# keyless.sh - what is left of objects without a key: for tests of shm
# shellcheck disable=SC2154 # lib.sh sets them

# Semaphores without a key, with their modes. Nobody tells who made them, so
# those are looked at that have come since; another run's go too, soon.
private_semaphores() {
	[ ! -r /proc/sysvipc/sem ] ||
		awk 'NR > 1 && $1 == 0 { print $2, $3 }' /proc/sysvipc/sem |
		sort
}

note_semaphores() {
	private_semaphores >"$work/before"
}

new_semaphores() {
	private_semaphores | comm -13 "$work/before" -
}

semaphore_went() { # ID MODE
	! private_semaphores | grep -qx "$1"
}

no_semaphores_left() {
	new_semaphores >"$work/new"
	while read -r semaphore; do
		await_that semaphore_went "$semaphore"
	done <"$work/new"
}

# Those without a key are known by who made them.
no_segment_left() { # PID
	[ -r /proc/sysvipc/shm ] || return 0
	awk -v pid="$1" '$5 == pid' /proc/sysvipc/shm >"$work/left"
	[ ! -s "$work/left" ] || fail "no segment made by $1"
}
