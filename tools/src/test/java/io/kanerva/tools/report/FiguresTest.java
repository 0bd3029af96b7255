package io.kanerva.tools.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.tools.image.Pictures;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class FiguresTest {
    private final Pictures pictures = new Pictures(new float[5 * 4], 5, 1, 2, 2);

    @Test
    void aGridHasOneImagePerRowAndPlacesNumbersAndMarks() {
        Document svg = Svg.parse(new GridFigure("five & more", 3)
                .row("original", pictures)
                .row("recalled", pictures)
                .numbered(i -> "n" + i)
                .outline(i -> i == 4, "wrong")
                .svg());
        assertThat(svg.getDocumentElement().getAttribute("aria-label")).isEqualTo("five & more");
        assertThat(svg.getElementsByTagName("image").getLength()).isEqualTo(2);
        NodeList texts = svg.getElementsByTagName("text");
        assertThat(IntStream.range(0, texts.getLength())
                        .mapToObj(i -> texts.item(i).getTextContent()))
                .containsExactly("original", "recalled", "original", "recalled", "n0", "n1", "n2", "n3", "n4");
        Element mark = (Element) svg.getElementsByTagName("rect").item(0);
        assertThat(svg.getElementsByTagName("rect").getLength()).isEqualTo(1);
        // Picture 4 is the second of the second band, in the second row of that: 40 of labels and one cell; one band,
        // the numbers and one cell.
        assertThat(List.of(mark.getAttribute("x"), mark.getAttribute("y"))).containsExactly("43.5", "36.5");
    }

    @Test
    void aMemoryShowsEveryBlockWithItsSample() {
        MemoryFigure figure = new MemoryFigure(new float[] {1, -1, 0, 2, 1, 1, 1, 1}, 2, 2, 2);
        Document svg = Svg.parse(
                figure.blocks(List.of(new MemoryFigure.Block(1, 0, 0, 1, 2), new MemoryFigure.Block(2, 1, 0, 1, 2))));
        NodeList blocks = svg.getElementsByTagName("g");
        assertThat(blocks.getLength()).isEqualTo(2);
        assertThat(blocks.item(1).getTextContent()).isEqualTo("sample 22");
        assertThat(((Element) svg.getElementsByTagName("rect").item(1)).getAttribute("x"))
                .isEqualTo("1");
        assertThat(Svg.parse(figure.channels(2)).getDocumentElement().getAttribute("viewBox"))
                .isEqualTo("0 0 6 2");
    }

    @Test
    void aCurveHasOnePathPerTermAndShowsItsLastValues() {
        List<CurveFigure.Point> points = IntStream.rangeClosed(1, 1000)
                .mapToObj(step -> new CurveFigure.Point(step, 100.0 / step + 9, 100.0 / step + 4, 4, 1))
                .toList();
        Document svg = Svg.parse(new CurveFigure(points).svg());
        NodeList texts = svg.getElementsByTagName("text");
        assertThat(IntStream.range(0, texts.getLength())
                        .mapToObj(i -> texts.item(i).getTextContent()))
                .contains("bound 9.1", "reconstruction 4.1", "KL(Y), keys 4.0", "KL(Z), latent 1.0", "0", "1,000");
        NodeList paths = svg.getElementsByTagName("path");
        List<String> terms = IntStream.range(0, paths.getLength())
                .mapToObj(i -> (Element) paths.item(i))
                .filter(path -> !path.getAttribute("class").equals("axis"))
                .map(path -> path.getAttribute("d"))
                .toList();
        assertThat(terms)
                .hasSize(4)
                .allSatisfy(path -> assertThat(path.split("L")).hasSizeBetween(100, 240));
    }

    @Test
    void aCurveOfOnePointOrWithNonFiniteValuesIsStillDrawn() {
        Svg.parse(new CurveFigure(List.of(new CurveFigure.Point(0, 543, 540, 2, 1))).svg());
        assertThat(new CurveFigure(List.of(
                                new CurveFigure.Point(1, Double.NaN, Double.NaN, 2, 1),
                                new CurveFigure.Point(2, 5, 2, 2, 1)))
                        .svg())
                .doesNotContain("NaN L", "MNaN", "LNaN");
    }
}
