package io.kanerva.tools.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.tools.experiment.MemoryExperiment.Row;
import io.kanerva.trainer.evaluate.BoundReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryBitsFigureTest {
    @ParameterizedTest
    @ValueSource(doubles = {1e-3, 2, 3.5, 92, 1e4})
    void theLineOfAModelWithoutAMemoryIsDrawnAboveAndBelowTheBounds(double without) {
        List<Row> rows = List.of(row(1, 490, 221), row(4, 1960, 3.5));
        Map<String, List<Row>> models = new LinkedHashMap<>();
        models.put("m", rows);
        models.put("m & few bits", List.of(row(1, 98, 48)));
        String svg = MemoryBitsFigure.svg(models, 784, without);
        Svg.parse(svg);
        assertThat(svg)
                .contains("stroke=\"#080\"", ">m<", "m &amp; few bits", ">98<")
                .doesNotContain("NaN", "Infinity");
    }

    private static Row row(int bits, double perImage, double nats) {
        return new Row(bits, perImage, new BoundReport(nats, 0.1, nats, 0, 0, Double.NaN, 0, 2, 32));
    }
}
