# given.awk - a program's output with the names that were given to it
#
# In a session stand_in.sh gives programs other names, and puts what leads back
# into a file: lines |OURS|GIVEN. play.awk takes the function. With that file as
# names this is also session.sh's filter for ipcs and ss, behind the output of
# `sysv names`: it passes lines about what is the section's own, and those about
# nothing at all.

function as_given(line, file,    pair, name) {
	while ((getline pair <file) > 0)
		if (split(pair, name, "|") == 3) {
			gsub(/[^A-Za-z0-9]/, "[&]", name[2]) # as it stands
			gsub(name[2], name[3], line)
		}
	close(file)
	return line
}

names != "" && $1 == "queue" {
	own[$2]
	next
}
names != "" {
	given = as_given($0, names)
	if ($1 in own || given != $0 || !/0x|:[0-9]|^socket/)
		print given
}
