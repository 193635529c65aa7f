# own.awk - session.sh's filter for ipcs and ss: only what is the section's own
#
# Behind the output of `sysv names` it passes lines about that, and those about
# nothing at all. given.awk comes before it, and names is its file.

$1 == "queue" {
	own[$2]
	next
}
{
	given = as_given($0, names)
	if ($1 in own || given != $0 || !/0x|:[0-9]|^socket/)
		print given
}
