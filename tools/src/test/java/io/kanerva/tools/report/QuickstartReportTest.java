package io.kanerva.tools.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.evaluate.BoundReport;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class QuickstartReportTest {
    private final String html = report().html();

    @Test
    void hasAllSections() {
        for (String id : List.of("episode", "memory", "recall", "generations", "training", "agreement", "settings")) {
            assertThat(html).contains("<section id=\"" + id + "\">", "<a href=\"#" + id + "\">");
        }
    }

    @Test
    void loadsAndRunsNothing() {
        assertThat(html).doesNotContain("http:", "https:", "<script", "<link", "@import", "url(/", "src=");
        assertThat(Pattern.compile("href=\"(?!#|data:image/png;base64,)")
                        .matcher(html)
                        .find())
                .isFalse();
    }

    @Test
    void everyFigureHasAlternativeText() {
        assertThat(Pattern.compile("<svg(?![^>]*aria-label=\"[^\"]{10})")
                        .matcher(html)
                        .find())
                .isFalse();
        Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(html).results().forEach(svg -> Svg.parse(svg.group()));
    }

    @Test
    void showsTheKeyFigures() {
        assertThat(html)
                .contains(
                        "<b>46.12</b>",
                        "differs by 1.0e-05",
                        "<b>5.0e-05</b>",
                        "<b>50.0 %</b>",
                        "1 of 2 queries",
                        "Those that found another sample are outlined in red.",
                        "<td class=\"n\">5.00e-05</td><td class=\"n\">1e-04</td><td class=\"n\">12,345</td>");
    }

    @Test
    void escapesExternalText() {
        assertThat(html).contains("kpp &lt;b&gt;").doesNotContain("kpp <b>");
    }

    private static QuickstartReport report() {
        Pictures two = new Pictures(new float[2 * 4], 2, 1, 2, 2);
        return new QuickstartReport(
                "A summary.",
                two,
                new QuickstartReport.Memory(
                        new float[16],
                        2,
                        2,
                        4,
                        List.of(new MemoryFigure.Block(1, 0, 0, 2, 2), new MemoryFigure.Block(2, 2, 0, 2, 2))),
                List.of(
                        new QuickstartReport.Recalled("clean", "As written.", two, two, new int[] {0, 1}),
                        new QuickstartReport.Recalled("half erased", "Half is gone.", two, two, new int[] {0, 0})),
                3,
                two,
                List.of(new CurveFigure.Point(1, 9, 6, 2, 1), new CurveFigure.Point(2, 8, 5, 2, 1)),
                new BoundReport(46.12345, 0.4, 40, 5, 1.12345, Double.NaN, 0, 2, 32),
                new BoundReport(46.12346, 0.4, 40, 5, 1.12346, Double.NaN, 0, 2, 32),
                "2 images",
                List.of(
                        new QuickstartReport.Agreement("encoder", "content", 1e-6, 1e-5, 99),
                        new QuickstartReport.Agreement("decoder", "logits", 5e-5, 1e-4, 12345)),
                List.of(new String[][] {{"command", "kpp <b>"}}));
    }
}
