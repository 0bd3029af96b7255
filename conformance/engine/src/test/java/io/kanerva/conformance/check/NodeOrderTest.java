package io.kanerva.conformance.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NodeOrderTest {
    @Test
    void nodesThatCanBeComputedAsTheyAreWrittenStayInThatOrder() {
        List<NodeProto> nodes =
                List.of(node("b", "input"), node("a"), node("d", "a", "", "b"), node("", "input"), node("c", "d"));
        assertThat(NodeOrder.of(nodes)).isEqualTo(nodes);
    }

    @Test
    void manyNodesInReverseOrderAreTurnedRound() {
        List<NodeProto> nodes = new ArrayList<>(IntStream.range(0, 50_000)
                .mapToObj(i -> node("v" + (i + 1), "v" + i))
                .toList());
        List<NodeProto> sorted = List.copyOf(nodes);
        Collections.reverse(nodes);
        assertThat(NodeOrder.of(nodes).equals(sorted)).isTrue();
    }

    @Test
    void aNodeFollowsThoseWhoseValuesTheGraphsWithinItUse() {
        GraphProto body = GraphProto.newBuilder()
                .addNode(node("inner", "late"))
                .addOutput(ValueInfoProto.newBuilder().setName("later"))
                .build();
        NodeProto branch = node("y", "condition").toBuilder()
                .addAttribute(AttributeProto.newBuilder().setName("then_branch").setG(body))
                .build();
        assertThat(NodeOrder.of(List.of(branch, node("later"), node("late"))))
                .containsExactly(node("later"), node("late"), branch);
    }

    @Test
    void nodesInACircleStayAsTheyAre() {
        List<NodeProto> nodes = List.of(node("c", "b"), node("a", "b"), node("b", "a"));
        assertThat(NodeOrder.of(nodes)).isEqualTo(nodes);
    }

    private static NodeProto node(String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType("Sum")
                .addAllInput(List.of(inputs))
                .addOutput(output)
                .build();
    }
}
