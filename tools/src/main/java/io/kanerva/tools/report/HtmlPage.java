package io.kanerva.tools.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/**
 * Builds a self-contained HTML page: inline styles, images as data URIs, no scripts, no external resources. It adapts
 * to the reader's light or dark preference and to narrow screens. All text is escaped, except parameters called markup.
 */
public final class HtmlPage {
    private final String title;
    private final String summary;
    private final StringBuilder top = new StringBuilder();
    private final StringBuilder body = new StringBuilder();
    private final List<String[]> sections = new ArrayList<>();
    private int renewal;

    /**
     * A key figure at the top of the page.
     *
     * @param label its name
     * @param value its value and unit
     * @param note a short remark, such as its setting
     * @param bad whether it counts what is wrong
     */
    public record Tile(String label, String value, String note, boolean bad) {
        /** A key figure that is neither good nor bad. */
        public Tile(String label, String value, String note) {
            this(label, value, note, false);
        }
    }

    /**
     * @param title heading and window title
     * @param summary one or two sentences below the heading
     */
    public HtmlPage(String title, String summary) {
        this.title = title;
        this.summary = summary;
    }

    /** Makes the page reload every {@code seconds}; 0 for never. */
    public HtmlPage renewedEvery(int seconds) {
        renewal = seconds;
        return this;
    }

    /** Adds key figures: above all sections, or inside the section that was started. */
    public HtmlPage tiles(List<Tile> tiles) {
        StringBuilder place = sections.isEmpty() ? top : body;
        place.append("<dl class=\"tiles\">\n");
        for (Tile tile : tiles) {
            place.append("<div><dt>%s</dt><dd><b%s>%s</b><span>%s</span></dd></div>\n"
                    .formatted(
                            Html.escape(tile.label()),
                            tile.bad() ? " class=\"bad\"" : "",
                            Html.escape(tile.value()),
                            Html.escape(tile.note())));
        }
        place.append("</dl>\n");
        return this;
    }

    /**
     * Starts a section.
     *
     * @param id anchor, a word
     * @param heading its title
     * @param lead a paragraph that introduces it
     */
    public HtmlPage section(String id, String heading, String lead) {
        if (!sections.isEmpty()) {
            body.append("</section>\n");
        }
        sections.add(new String[] {id, heading});
        body.append("<section id=\"%s\">\n<h2>%s</h2>\n<p class=\"lead\">%s</p>\n"
                .formatted(Html.escape(id), Html.escape(heading), Html.escape(lead)));
        return this;
    }

    /** Adds a heading inside the section with a remark next to it. */
    public HtmlPage subheading(String heading, String remark) {
        body.append("<h3>%s<span>%s</span></h3>\n".formatted(Html.escape(heading), Html.escape(remark)));
        return this;
    }

    /**
     * Adds a figure.
     *
     * @param markup an {@code <svg>} or {@code <img>} with alternative text
     * @param caption the sentence below it
     */
    public HtmlPage figure(String markup, String caption) {
        body.append("<figure>\n<div class=\"scroll\">")
                .append(markup)
                .append("</div>\n<figcaption>")
                .append(Html.escape(caption))
                .append("</figcaption>\n</figure>\n");
        return this;
    }

    /**
     * Adds a table whose first column names the rows.
     *
     * @param caption its caption
     * @param header the columns' titles
     * @param rows the cells, one per column; columns of numbers are right-aligned
     */
    public HtmlPage table(String caption, List<String> header, List<List<String>> rows) {
        return table("", caption, header, rows, row -> false);
    }

    /**
     * Adds a long table that opens when its summary is clicked.
     *
     * @param summary one line
     * @param open whether it is open initially
     * @param header the columns' titles
     * @param rows as in {@link #table}
     * @param wrong the indices of rows to highlight
     */
    public HtmlPage foldedTable(
            String summary, boolean open, List<String> header, List<List<String>> rows, IntPredicate wrong) {
        body.append("<details%s>\n<summary>".formatted(open ? " open" : ""))
                .append(Html.escape(summary))
                .append("</summary>\n");
        table(" class=\"dense\"", "", header, rows, wrong);
        body.append("</details>\n");
        return this;
    }

    /**
     * Adds a table of words, each with its own colour.
     *
     * @param caption its caption
     * @param header the columns' titles
     * @param rows the cells, one per column, the first of which names the row
     * @param style the style of a cell: {@code bad}, {@code soft} or nothing
     */
    public HtmlPage matrix(String caption, List<String> header, List<List<String>> rows, UnaryOperator<String> style) {
        body.append("<div class=\"scroll\"><table class=\"matrix\">\n<caption>%s</caption>\n<thead><tr>"
                .formatted(Html.escape(caption)));
        header.forEach(title -> body.append("<th scope=\"col\">%s</th>".formatted(Html.escape(title))));
        body.append("</tr></thead>\n<tbody>\n");
        for (List<String> row : rows) {
            body.append("<tr><th scope=\"row\">%s</th>".formatted(Html.escape(row.get(0))));
            row.stream()
                    .skip(1)
                    .forEach(cell -> body.append(
                            "<td class=\"%s\">%s</td>".formatted(Html.escape(style.apply(cell)), Html.escape(cell))));
            body.append("</tr>\n");
        }
        body.append("</tbody>\n</table></div>\n");
        return this;
    }

    private HtmlPage table(
            String style, String caption, List<String> header, List<List<String>> rows, IntPredicate wrong) {
        body.append("<div class=\"scroll\"><table%s>\n".formatted(style))
                .append(caption.isEmpty() ? "" : "<caption>%s</caption>\n".formatted(Html.escape(caption)))
                .append("<thead><tr>");
        boolean[] numeric = new boolean[header.size()];
        for (int column = 0; column < numeric.length; column++) {
            int index = column;
            numeric[column] =
                    column > 0 && rows.stream().allMatch(row -> row.get(index).matches("[-−+]?[0-9].*|–|−?∞|"));
            body.append("<th scope=\"col\"%s>%s</th>"
                    .formatted(numeric[column] ? " class=\"n\"" : "", Html.escape(header.get(column))));
        }
        body.append("</tr></thead>\n<tbody>\n");
        for (int number = 0; number < rows.size(); number++) {
            List<String> row = rows.get(number);
            body.append("<tr%s><th scope=\"row\">".formatted(wrong.test(number) ? " class=\"wrong\"" : ""))
                    .append(Html.escape(row.get(0)))
                    .append("</th>");
            for (int column = 1; column < row.size(); column++) {
                body.append(
                        "<td%s>%s</td>".formatted(numeric[column] ? " class=\"n\"" : "", Html.escape(row.get(column))));
            }
            body.append("</tr>\n");
        }
        body.append("</tbody>\n</table></div>\n");
        return this;
    }

    /** Adds names and values, such as settings; values are shown as code. */
    public HtmlPage facts(List<String[]> facts) {
        body.append("<dl class=\"facts\">\n");
        for (String[] fact : facts) {
            body.append("<div><dt>%s</dt><dd>%s</dd></div>\n".formatted(Html.escape(fact[0]), Html.escape(fact[1])));
        }
        body.append("</dl>\n");
        return this;
    }

    /** Adds a paragraph. */
    public HtmlPage paragraph(String text) {
        body.append("<p>").append(Html.escape(text)).append("</p>\n");
        return this;
    }

    /** Returns the page. */
    public String html() {
        StringBuilder page = new StringBuilder();
        page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta "
                        + "name=\"color-scheme\" content=\"light dark\">\n")
                .append(renewal > 0 ? "<meta http-equiv=\"refresh\" content=\"%d\">\n".formatted(renewal) : "")
                .append("<title>")
                .append(Html.escape(title))
                .append("</title>\n<style>\n")
                .append(style())
                .append("</style>\n</head>\n<body>\n<header>\n<h1>")
                .append(Html.escape(title))
                .append("</h1>\n<p class=\"summary\">")
                .append(Html.escape(summary))
                .append("</p>\n")
                .append(top)
                .append("<nav aria-label=\"Sections\">");
        for (String[] section : sections) {
            page.append("<a href=\"#%s\">%s</a> ".formatted(Html.escape(section[0]), Html.escape(section[1])));
        }
        page.append("</nav>\n</header>\n<main>\n")
                .append(body)
                .append(sections.isEmpty() ? "" : "</section>\n")
                .append("</main>\n</body>\n</html>\n");
        return page.toString();
    }

    private static String style() {
        try (InputStream in = HtmlPage.class.getResourceAsStream("page.css")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
