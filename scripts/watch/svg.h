/*
 * svg.h - for watch.c: the diagram as a picture, line by line as on a terminal
 */

enum { CELL = 84, SIZE = 140, HIGH = 190 /* tenths of a pixel */ };

struct svg {
	FILE *file; /* NULL: only count */
	int lines;
};

static const char svg_style[] =
    "<style>\n"
    "text { font: 14px ui-monospace, Menlo, Consolas, monospace; }\n"
    ".b { fill: #ffffff; } .p { fill: #1f2328; } .d { fill: #656d76; }\n"
    ".s { fill: #1f2328; font-weight: bold; } .f { fill: #b3261e; }\n"
    ".o { fill: #116329; } .w { fill: #7d4e00; } .a { fill: #0550ae; }\n"
    "line { stroke-width: 1.5; } .ld { stroke: #8c959f; }\n"
    ".lw { stroke: #bf8700; stroke-dasharray: 3 3; stroke-width: 2.5; }\n"
    ".la { stroke: #0969da; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    ".b { fill: #0d1117; } .p, .s { fill: #e6edf3; } .d { fill: #9198a1; }\n"
    ".f { fill: #ff7b72; } .o { fill: #7ee787; } .w { fill: #e3b341; }\n"
    ".a { fill: #79c0ff; } .ld { stroke: #656d76; }\n"
    ".lw { stroke: #d29922; } .la { stroke: #58a6ff; }\n"
    "}\n"
    "</style>\n";

static double tenth(int value)
{
	return (double)value / 10;
}

static void svg_line(FILE *file, char kind, int x1, int y1, int x2, int y2)
{
	fprintf(file,
		"<line class=\"l%c\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
		"y2=\"%.1f\"/>\n",
		kind, tenth(x1), tenth(y1), tenth(x2), tenth(y2));
}

static int is_arrow(unsigned glyph)
{
	return glyph == ACROSS || glyph == LEFT || glyph == RIGHT ||
	       glyph == FROM_LEFT || glyph == FROM_RIGHT || glyph == CROSSING;
}

static void svg_arrow(FILE *file, const struct cell *cells, int from, int to,
		      int top)
{
	const int y = top + HIGH / 2, half = CELL / 2;
	const int start = from * CELL + half, stop = to * CELL + half;
	svg_line(file, 'a', start, y, stop, y);
	const int points_left = cells[from].glyph == LEFT;
	const int tip = points_left ? start - half : stop + half;
	const int back = points_left ? tip + 80 : tip - 80;
	fprintf(file,
		"<polygon class=\"a\" points=\"%.1f,%.1f %.1f,%.1f "
		"%.1f,%.1f\"/>\n",
		tenth(tip), tenth(y), tenth(back), tenth(y - 45), tenth(back),
		tenth(y + 45));
}

static void svg_text(FILE *file, const struct cell *cells, int from, int to,
		     int top)
{
	static const char classes[] = "pdsfowa";
	char glyph[5];
	fprintf(file,
		"<text class=\"%c\" x=\"%.1f\" y=\"%.1f\" textLength=\"%.1f\" "
		"lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">",
		classes[cells[from].style], tenth(from * CELL),
		tenth(top + SIZE), tenth((to - from) * CELL));
	for (int i = from; i < to; i++) {
		const int utf8 = has_utf8;
		has_utf8 = 1; /* whatever the terminal's is */
		glyph[put_glyph(glyph, cells[i].glyph)] = '\0';
		has_utf8 = utf8;
		fputs(*glyph == '<'   ? "&lt;"
		      : *glyph == '>' ? "&gt;"
		      : *glyph == '&' ? "&amp;"
				      : glyph,
		      file);
	}
	fprintf(file, "</text>\n");
}

static void put_in_svg(const struct cell *cells, int width, void *where)
{
	struct svg *svg = where;
	const int top = svg->lines++ * HIGH + HIGH / 2;
	if (svg->file == NULL)
		return;
	for (int i = 0; i < width; i++) {
		const unsigned glyph = cells[i].glyph;
		const int x = i * CELL + CELL / 2;
		const int lifeline = glyph == RUNS_LINE || glyph == CROSSING ||
				     glyph == FROM_LEFT || glyph == FROM_RIGHT;
		if (lifeline || glyph == WAITS_LINE)
			svg_line(svg->file, lifeline ? 'd' : 'w', x, top, x,
				 top + HIGH);
	}
	for (int i = 0; i < width; i++) {
		int end = i;
		if (is_arrow(cells[i].glyph)) {
			while (end + 1 < width &&
			       is_arrow(cells[end + 1].glyph))
				end++;
			svg_arrow(svg->file, cells, i, end, top);
			i = end;
			continue;
		}
		if (cells[i].glyph == ' ' || cells[i].glyph == RUNS_LINE ||
		    cells[i].glyph == WAITS_LINE)
			continue;
		/* Up to two blanks, or another kind of cell. */
		while (end < width && !is_arrow(cells[end].glyph) &&
		       cells[end].glyph != RUNS_LINE &&
		       cells[end].glyph != WAITS_LINE &&
		       (cells[end].style == cells[i].style ||
			cells[end].glyph == ' ') &&
		       !(cells[end].glyph == ' ' &&
			 (end + 1 == width || cells[end + 1].glyph == ' ')))
			end++;
		svg_text(svg->file, cells, i, end, top);
		i = end - 1;
	}
}

static void write_svg(const char *path, const struct canvas *like)
{
	struct svg svg = {.file = NULL};
	struct canvas picture = *like;
	picture.put = put_in_svg;
	picture.where = &svg;
	put_all_rows(&picture);
	const int width = (like->width + 1) * CELL;
	const int height = (svg.lines + 1) * HIGH;
	svg.lines = 0;
	svg.file = fopen(path, "w");
	if (svg.file == NULL) {
		warn("%s", path);
		return;
	}
	fprintf(svg.file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
		"height=\"%.0f\" viewBox=\"-8 0 %.0f %.0f\" role=\"img\">\n"
		"<title>Who calls what, and who waits for whom</title>\n%s"
		"<rect class=\"b\" x=\"-8\" width=\"100%%\" "
		"height=\"100%%\"/>\n",
		tenth(width) + 8, tenth(height), tenth(width) + 8,
		tenth(height), svg_style);
	put_all_rows(&picture);
	fprintf(svg.file, "</svg>\n");
	if (ferror(svg.file) | fclose(svg.file))
		warnx("cannot write to %s", path);
}
