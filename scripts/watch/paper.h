/*
 * paper.h - for watch.c: lines as a terminal or a pipe takes them
 */

static int has_colour;

static const char *const colours[] = {"", "2", "1", "31", "32", "33", "36"};

static size_t put_glyph(char *out, unsigned glyph)
{
	static const struct {
		unsigned glyph;
		char ascii;
	} plain[] = {{RUNS_LINE, '|'},  {WAITS_LINE, ':'}, {ACROSS, '-'},
		     {LEFT, '<'},       {RIGHT, '>'},      {FROM_LEFT, '+'},
		     {FROM_RIGHT, '+'}, {CROSSING, '+'},   {PRINTED, '>'}};
	if (glyph < 0x80) {
		*out = (char)glyph;
		return 1;
	}
	if (!has_utf8) {
		*out = '?';
		for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
			if (plain[i].glyph == glyph)
				*out = plain[i].ascii;
		return 1;
	}
	if (glyph < 0x800) {
		out[0] = (char)(0xc0 | glyph >> 6);
		out[1] = (char)(0x80 | (glyph & 0x3f));
		return 2;
	}
	if (glyph < 0x10000) {
		out[0] = (char)(0xe0 | glyph >> 12);
		out[1] = (char)(0x80 | (glyph >> 6 & 0x3f));
		out[2] = (char)(0x80 | (glyph & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (glyph >> 18 & 0x7));
	out[1] = (char)(0x80 | (glyph >> 12 & 0x3f));
	out[2] = (char)(0x80 | (glyph >> 6 & 0x3f));
	out[3] = (char)(0x80 | (glyph & 0x3f));
	return 4;
}

/* A line as a terminal wants it, without blanks at its end. */
static void encode(const struct cell *cells, int width, char *out)
{
	size_t length = 0;
	int style = PLAIN;
	while (width > 0 && cells[width - 1].glyph == ' ')
		width--;
	for (int i = 0; i < width; i++) {
		const int wanted =
		    cells[i].glyph == ' ' ? style : cells[i].style;
		if (has_colour && wanted != style)
			length += (size_t)sprintf(out + length, "\033[0%s%sm",
						  wanted == PLAIN ? "" : ";",
						  colours[wanted]);
		style = wanted;
		length += put_glyph(out + length, cells[i].glyph);
	}
	if (has_colour && style != PLAIN)
		length += (size_t)sprintf(out + length, "\033[0m");
	out[length] = '\0';
}

enum { ENCODED = WIDEST * 20 };

static void put_on_output(const struct cell *cells, int width, void *where)
{
	char line[ENCODED];
	encode(cells, width, line);
	fprintf(where, "%s\n", line);
}

/* How wide is the terminal? */
static void measure(int *width, int *height)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	*width = 80;
	*height = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		*width = size.ws_col;
		*height = size.ws_row;
	} else if (columns != NULL && atoi(columns) > 0) {
		*width = atoi(columns);
	}
	if (*width > WIDEST - 2)
		*width = WIDEST - 2;
	if (*width < 40)
		*width = 40;
}
