#!/bin/sh
# apart.sh - a lab in a folder of its own, apart from what this user may have
#
# In FOLDER, which must be new, stand then
#
#     lab/   LAB's sources, and ./PROGRAMS that use keys, paths and ports of
#            their own where no option says otherwise
#     home/  for HOME    tmp/  for TMPDIR
#     bin/   for PATH: ipcs, ipcrm and ss that see only what belongs to it
#     scripts/watch  as it is, for ../scripts/watch/watch
#     back   lines of two words: what a program prints, and what it would print
#            for its user
#
# PORT is the first of 16 ports, of which 15 are used; keys are made of it too.
# For each GIVEN it prints what to use instead: K42 is a key that -k is given,
# P7000 is a port. Qnotes is a file that -f is given; of it nothing is printed.
# -r removes the folder, and what has been made under its keys.
#
# usage: apart.sh FOLDER LAB PORT [GIVEN ...] | apart.sh -r FOLDER

set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$(CDPATH='' cd -- "${BUILD:-$root}" && pwd)
sysv=$build/scripts/sysv

# KIND KEY of what ftok makes of a path, or of the defaults of this user
keys_of() { # PATH
	HOME=$1 "$sysv" names 2>/dev/null | awk 'NF == 3 { print $1, $2 }'
}

remove_all() { # FOLDER
	made=$1/made
	while read -r path; do
		[ ! -e "$1/lab/$path" ] || keys_of "$1/lab/$path" >>"$made"
	done <"$1/paths"
	while read -r kind key; do
		if id=$("$sysv" find "$kind" "$key" 2>/dev/null); then
			"$sysv" remove "$kind" "$id"
		fi
	done <"$made"
	rm -rf "$1"
}

is_free() { # KEY
	for kind in segment semaphores queue; do
		! "$sysv" find "$kind" "$1" >/dev/null 2>&1 || return 1
	done
}

# A key that is nobody's. All that has it will be removed.
new_key() { # sets $key
	until key=$(printf '0x%x' $((0x6a000000 + port * 16 + keys))) &&
		keys=$((keys + 1)) && is_free "$key"; do
		:
	done
	printf '%s %s\n' segment "$key" semaphores "$key" >>"$folder/made"
}

# What is used in place of a key or a port.
replace() { # NAME, sets $value
	set -- "$1" "${1#?}"
	case $1 in
	K*) set -- "K$(($2))" "$(printf '0x%x' "$2")" ;;
	esac
	value=$(sed -n "s/^$1 //p" "$folder/replaced")
	[ -z "$value" ] || return 0
	case $1 in
	K*)
		new_key
		value=$key
		;;
	P*)
		ports=$((ports + 1))
		value=$((port + ports))
		[ "$ports" -le 15 ] || value=$2
		;;
	esac
	echo "$1 $value" >>"$folder/replaced"
	echo "$value>$2" >>"$folder/back"
}

# PROGRAM OPTIONS HEADER, of which OPTIONS are those that name what is shared
list_programs() {
	ls "$lab"/*.c >/dev/null 2>&1 || return 0
	awk '/^ \* usage: / {
			name = $3
			options = /\[-k KEY\]/ ? "k" : ""
			options = options (/\[-p PORT\]/ ? "p" : "")
			options = options (/\[-u PATH\]/ ? "u" : "")
		}
		/^#include "/ && name != "" && options != "" {
			print name, options, substr($2, 2, length($2) - 2)
			name = ""
		}' "$lab"/*.c
}

key_base='s/.*KEY.*\(0x[0-9a-fA-F]*\)u* *+ *getuid.*/\1/p'
port_text='s/.*PORT "\([0-9]*\)".*/\1/p'

make_programs() {
	set --
	for file in "$binaries"/*; do
		[ ! -f "$file" ] || set -- "$@" "$file"
	done
	[ "$lab" = "$binaries" ] || set -- "$@" "$lab"/*.[ch]
	ln -s "$@" "$folder/lab/"
	list_programs >"$folder/programs"
	[ -s "$folder/programs" ] || return 0
	names=$(cut -d ' ' -f 1 "$folder/programs")
	# shellcheck disable=SC2086 # they are words
	(cd "$folder/lab" && rm -f $names && touch $names && chmod +x $names)
	me=$(id -u)
	while read -r program options header; do
		set -- "$binaries/$program"
		case $options in *k*)
			replace "K$(($(sed -n "$key_base" "$lab/$header") + me))"
			set -- "$@" -k "$value"
			;;
		esac
		case $options in *p*)
			replace "P$(sed -n "$port_text" "$lab/$header")"
			set -- "$@" -p "$value"
			;;
		esac
		case $options in *u*)
			set -- "$@" -u "$folder/home/socket"
			;;
		esac
		printf '#!/bin/sh\nexec %s "$@"\n' "$*" >"$folder/lab/$program"
	done <"$folder/programs"
}

# ipcs and ss print what belongs to this folder, as its user would see it; ids
# of other objects ipcrm does not know.
make_tools() {
	cat >"$folder/bin/ipcs" <<-END
		#!/bin/sh
		# shellcheck disable=SC2046 # they are words
		tool=\${0##*/}
		objects=\$(while read -r kind key; do
			! id=\$('$sysv' find "\$kind" "\$key" 2>/dev/null) ||
				echo "\$kind \$key \$id"
		done <'$folder/made')
		PATH='$PATH'
		case \$tool in
		ipcrm)
			for word; do
				case \$word in -*) continue ;; esac
				echo "\$objects" | grep -q " \$word\$" || {
					echo "ipcrm: invalid id (\$word)" >&2
					exit 1
				}
			done
			exec ipcrm "\$@"
			;;
		esac
		"\$tool" "\$@" | awk -v tool="\$tool" -v objects="\$objects" '
			function replace(from, to,    at) {
				if ((at = index(\$0, from)) == 0)
					return
				ours = 1
				if (to ~ /^0x/)
					to = "0x" substr("0000000" \\
						substr(to, 3), length(to) - 2)
				\$0 = substr(\$0, 1, at - 1) to \\
					substr(\$0, at + length(from))
			}
			FILENAME != "-" {
				at = index(\$0, ">")
				from[NR] = substr(\$0, 1, at - 1)
				to[NR] = substr(\$0, at + 1)
				count = NR
				next
			}
			{
				ours = 0
				for (i = 1; i <= count; i++)
					replace(from[i], to[i])
			}
			ours || (tool == "ss" ? FNR == 1 : !/0x[0-9a-f]/)
		' '$folder/back' -
	END
	chmod +x "$folder/bin/ipcs"
	ln "$folder/bin/ipcs" "$folder/bin/ipcrm"
	ln "$folder/bin/ipcs" "$folder/bin/ss"
	# What was built here would use the keys of its user.
	cat >"$folder/bin/cc" <<-'END'
		#!/bin/sh
		echo "${0##*/}: not in a session" >&2
		exit 1
	END
	chmod +x "$folder/bin/cc"
	for tool in gcc clang make; do
		ln "$folder/bin/cc" "$folder/bin/$tool"
	done
}

if [ "${1-}" = -r ]; then
	[ ! -f "$2/paths" ] || remove_all "$2"
	exit
fi
if [ $# -lt 3 ]; then
	echo 'usage: apart.sh FOLDER LAB PORT [GIVEN ...] | -r FOLDER' >&2
	exit 2
fi
folder=$1 port=$3 keys=0 ports=0
lab=$(CDPATH='' cd -- "$2" && pwd) || exit 1
case $lab/ in
"$root"/*) binaries=$build${lab#"$root"} ;;
*) binaries=$lab ;;
esac
shift 3
mkdir "$folder" || exit 1
: >"$folder/made"
: >"$folder/paths"
: >"$folder/replaced"
: >"$folder/back"

# ftok makes a key of the file's number, and many files have the same.
home=$folder/home
for try in 1 2 3 4 5; do
	mkdir "$home"
	free=yes
	keys_of "$home" >"$folder/made"
	while read -r _ key; do
		is_free "$key" || free=no
	done <"$folder/made"
	[ "$free" = no ] || break
	mv "$home" "$folder/taken$try"
done
mkdir "$folder/lab" "$folder/tmp" "$folder/bin" "$folder/scripts"
ln -s "$build/scripts/watch" "$folder/scripts/watch"
keys_of "${HOME-}" >"$folder/own"
if [ -s "$folder/own" ]; then
	paste -d ' ' "$folder/made" "$folder/own" |
		awk '{ print $2 ">" $4 }' >"$folder/back"
fi
{
	echo "$home/socket>$("$sysv" names | sed -n 's/^socket //p')"
	echo "$home>${HOME-}"
	echo "$binaries/>./"
} >>"$folder/back"
make_programs
make_tools
for name; do
	case $name in
	Q*) echo "${name#?}" >>"$folder/paths" ;;
	*)
		replace "$name"
		echo "$name $value"
		;;
	esac
done
