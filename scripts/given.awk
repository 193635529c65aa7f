# given.awk - a program's output with the names that were given to it
#
# In a session stand_in.sh gives programs other names, and puts what leads back
# into a file: lines |OURS|GIVEN.

function as_given(line, file,    pair, name) {
	while ((getline pair <file) > 0)
		if (split(pair, name, "|") == 3) {
			gsub(/[^A-Za-z0-9]/, "[&]", name[2]) # as it stands
			gsub(name[2], name[3], line)
		}
	close(file)
	return line
}
