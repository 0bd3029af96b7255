package io.kanerva.bench.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class NodeGroupTest {

    @Test
    void convolutionsComeFirstThenOperatorsByTimeThenTheRest() {
        List<NodeGroup> groups = NodeGroup.of(List.of(run(100, 300, 20, 30)));

        assertThat(groups)
                .extracting(NodeGroup::label)
                .containsExactly(
                        "first: 1 to 2 channels, 3 x 3, onto 4 x 4",
                        "second: 2 to 2 channels, 1 x 1, onto 4 x 4",
                        "layout conversions",
                        "Add",
                        "Gemm",
                        "less than 1 % each: Reshape, Shape");
        assertThat(groups).extracting(NodeGroup::nodes).containsExactly(1, 1, 2, 1, 1, 2);
        assertThat(groups).extracting(NodeGroup::microseconds).containsExactly(100.0, 300.0, 50.0, 10.0, 1.0, 3.0);
        assertThat(groups)
                .extracting(NodeGroup::multiplyAdds)
                .containsExactly(2L * 16 * 9, 2L * 16 * 2, 0L, 0L, 4L * 5 * 3, 0L);
    }

    @Test
    void aGroupsTimeIsTheMedianOfItsSumsNotTheSumOfItsMedians() {
        List<List<NodeRun>> runs = List.of(run(100, 300, 10, 90), run(100, 300, 90, 10), run(100, 300, 20, 20));

        assertThat(NodeGroup.of(runs).get(2).microseconds()).isEqualTo(100);
        assertThat(NodeGroup.all(runs).microseconds()).isEqualTo(514);
    }

    @Test
    void aMultiplyAddIsTwoFlops() {
        assertThat(NodeGroup.gigaflops(512L * 512 * 512, 1000)).isCloseTo(268.4, within(0.1));
    }

    private static List<NodeRun> run(long first, long second, long before, long after) {
        List<Long> image = List.of(1L, 2L, 4L, 4L);
        return List.of(
                new NodeRun("in", "ReorderInput", List.of(image), List.of(image), before),
                new NodeRun(
                        "first",
                        "Conv",
                        List.of(List.of(1L, 1L, 4L, 4L), List.of(2L, 1L, 3L, 3L)),
                        List.of(image),
                        first),
                new NodeRun("shape", "Reshape", List.of(image), List.of(image), 1),
                new NodeRun("sum", "Add", List.of(image, image), List.of(image), 10),
                new NodeRun("second", "Conv", List.of(image, List.of(2L, 2L, 1L, 1L)), List.of(image), second),
                new NodeRun("dense", "Gemm", List.of(List.of(4L, 3L)), List.of(List.of(4L, 5L)), 1),
                new NodeRun("sizes", "Shape", List.of(image), List.of(List.of(4L)), 2),
                new NodeRun("out", "ReorderOutput", List.of(image), List.of(image), after));
    }
}
