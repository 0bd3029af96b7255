package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.floats;
import static io.kanerva.conformance.corpus.Values.normal;
import static io.kanerva.conformance.corpus.Values.scalar;
import static io.kanerva.conformance.corpus.Values.times;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TypeProto;
import java.util.ArrayList;
import java.util.List;

/** Models that draw random numbers, and inputs that are made up. */
final class RandomModels {
    private RandomModels() {}

    static List<Entry> all() {
        List<Entry> all = new ArrayList<>();
        operators(all);
        functions(all);
        sizes(all);
        madeUp(all);
        return all;
    }

    private static void operators(List<Entry> all) {
        int[] shape = {2, 3};
        all.add(random("RandomNormal", graph().node("RandomNormal", "", "y", "shape", shape)));
        all.add(random("RandomUniform", graph().node("RandomUniform", "", "y", "shape", shape, "seed", 3f)));
        for (String like : List.of("RandomNormalLike", "RandomUniformLike", "Bernoulli")) {
            Graph graph =
                    graph().input("x", floats(0.2, 0.7)).node(like, "x", "n").node("Mul", "x n", "y");
            all.add(new Entry(like, graph.output("y")).is("all random: %s '%s-n'".formatted(like, like)));
        }
        all.add(new Entry(
                        "Multinomial",
                        graph().input("x", normal(1, 1, 4))
                                .node("Multinomial", "x", "y")
                                .output("y", ElementType.INT32))
                .is("all random: Multinomial 'Multinomial-y'"));
        Graph dropout = graph().input("x", normal(2, 40))
                .weight("ratio", scalar(ElementType.FLOAT32, 0.5))
                .weight("train", scalar(ElementType.BOOL, 1));
        all.add(random("Dropout", dropout.node("Dropout", "x ratio train", "y")));
        all.add(new Entry(
                "a dropout that does nothing",
                graph().input("x", normal(2, 40)).node("Dropout", "x", "y").output("y")));
        all.add(new Entry(
                        "written after the node that uses it",
                        graph().input("x", floats(1, 2))
                                .node("Add", "x n", "y")
                                .node("RandomNormalLike", "x", "n")
                                .output("y"))
                .is("all random: RandomNormalLike 'RandomNormalLike-n'"));
        Graph then = new Graph(17)
                .node("RandomNormal", "", "r", "shape", new int[] {2})
                .output("r");
        Graph other = new Graph(17).node("Identity", "x", "o").output("o");
        all.add(new Entry(
                        "in a branch",
                        graph().input("x", floats(1, 2))
                                .input("c", scalar(ElementType.BOOL, 1))
                                .node("If", "c", "y", "then_branch", then.body(), "else_branch", other.body())
                                .output("y"))
                .is("all random: RandomNormal 'RandomNormal-r'"));
        all.add(new Entry(
                "the shape of random numbers is not random",
                graph().input("x", floats(1, 2))
                        .node("RandomNormalLike", "x", "n")
                        .node("Shape", "n", "y")
                        .output("y", ElementType.INT64)));
        all.add(new Entry("one output of two", half()).is("random: RandomNormalLike 'RandomNormalLike-n'"));
        all.add(new Entry("one output of two, and the other is wrong", half())
                .with(Engine.spoiling("sloppy", times(3)))
                .is("wrong: engine [sloppy]; random: RandomNormalLike 'RandomNormalLike-n'"));
    }

    private static Graph half() {
        return graph().input("x", floats(1, 2))
                .node("RandomNormalLike", "x", "n")
                .node("Exp", "x", "y")
                .output("n")
                .output("y");
    }

    private static Entry random(String operator, Graph graph) {
        return new Entry(operator, graph.output("y")).is("all random: %s '%s-y'".formatted(operator, operator));
    }

    private static void madeUp(List<Entry> all) {
        for (ElementType type : ElementType.values()) {
            if (type.isNumeric() && type != ElementType.BFLOAT16 || type == ElementType.STRING) {
                all.add(new Entry(
                                "made up: " + type,
                                graph().open("x", type, "N", null, -1, 3)
                                        .node("Identity", "x", "y")
                                        .output("y", type))
                        .madeUp()
                        .is(GoodModels.JAVA_LACKS.contains(type) ? GoodModels.NOT_JAVA : Entry.FINE));
            }
        }
        all.add(new Entry(
                        "made up: a size of 0",
                        graph().open("x", ElementType.FLOAT32, 0, 4)
                                .node("Relu", "x", "y")
                                .output("y"))
                .madeUp());
        all.add(new Entry(
                        "made up: a scalar",
                        graph().open("x", ElementType.FLOAT32)
                                .node("Relu", "x", "y")
                                .output("y"))
                .madeUp());
        all.add(new Entry(
                        "made up: nothing",
                        graph().node("Constant", "", "y", "value", floats(1)).output("y"))
                .madeUp());
        all.add(new Entry(
                        "made up: rows of a table",
                        graph().open("ids", ElementType.INT64, "N", "S")
                                .weight("table", normal(3, 3, 4))
                                .node("Gather", "table ids", "y")
                                .output("y"))
                .madeUp());
        all.add(new Entry(
                        "made up: rows of a table, after a cast",
                        graph().open("ids", ElementType.INT32, "N", "S")
                                .weight("table", normal(3, 2, 4))
                                .node("Cast", "ids", "wide", "to", 7)
                                .node("Gather", "table wide", "y")
                                .output("y"))
                .madeUp());
        all.add(new Entry(
                        "made up: what a remainder is taken of and by",
                        graph().open("a", ElementType.INT64, 100)
                                .open("b", ElementType.INT64, 100)
                                .node("Identity", "b", "by")
                                .node("Mod", "a by", "y")
                                .output("y", ElementType.INT64))
                .madeUp());
        all.add(new Entry(
                        "made up: a size that a reshape fixes",
                        graph().open("x", ElementType.FLOAT32, "N", "sequence")
                                .weight("to", Values.longs(-1, 4, 144))
                                .node("Reshape", "x to", "y")
                                .output("y"))
                .madeUp());
        all.add(new Entry(
                        "made up: a size that a product fixes",
                        graph().open("x", ElementType.FLOAT32, "N", "features")
                                .weight("w", normal(4, 37, 2))
                                .node("MatMul", "x w", "y")
                                .output("y"))
                .madeUp());
        all.add(new Entry(
                        "made up: two sizes that fit each other",
                        graph().open("a", ElementType.FLOAT32, "N", null)
                                .open("b", ElementType.FLOAT32, null, 5)
                                .node("MatMul", "a b", "y")
                                .output("y"))
                .madeUp());
        all.add(new Entry(
                        "made up: a size that is the sum of two others",
                        graph().open("past", ElementType.FLOAT32, 1, "past")
                                .open("x", ElementType.FLOAT32, 1, "new")
                                .open("mask", ElementType.FLOAT32, 1, "past + new")
                                .node("Concat", "past x", "all", "axis", 1)
                                .node("Add", "all mask", "y")
                                .output("y"))
                .madeUp());
        all.add(new Entry(
                        "made up: sizes whose names only look like a difference",
                        graph().open("x", ElementType.FLOAT32, "batch-size", 3)
                                .weight("to", Values.longs(2, 3))
                                .node("Reshape", "x to", "y")
                                .output("y"))
                .madeUp());
        for (ElementType type : ElementType.values()) {
            if (!type.isNumeric() && type != ElementType.STRING) {
                // Float8 the engine takes and its Java API does not; the others the engine refuses itself.
                boolean engine = type.name().startsWith("FLOAT8E") && type != ElementType.FLOAT8E8M0;
                all.add(new Entry(
                                "made up: " + type,
                                new Graph(19)
                                        .open("x", type, 3)
                                        .node("Identity", "x", "y")
                                        .output("y", type))
                        .madeUp()
                        .is(engine ? GoodModels.NOT_JAVA : "cannot run: [onnxruntime-java]; nothing runs it"));
            }
        }
        all.add(new Entry(
                        "made up: a sequence",
                        graph().open("x", sequence(ElementType.FLOAT32))
                                .node("SequenceLength", "x", "y")
                                .output("y", ElementType.INT64))
                .madeUp()
                .is(GoodModels.NOT_JAVA));
        all.add(new Entry(
                        "made up: a type that no reader knows",
                        graph().open(
                                        "x",
                                        TypeProto.newBuilder()
                                                .setSparseTensorType(TypeProto.Tensor.newBuilder()
                                                        .setElemType(1))
                                                .build())
                                .node("Identity", "x", "y")
                                .output("y"))
                .madeUp()
                .is("refused: no inputs"));
    }

    private static TypeProto sequence(ElementType type) {
        TypeProto tensor = TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type.number()))
                .build();
        return TypeProto.newBuilder()
                .setSequenceType(TypeProto.Sequence.newBuilder().setElemType(tensor))
                .build();
    }

    private static void functions(List<Entry> all) {
        NodeProto draws = Graph.single("RandomNormalLike", "a", "n");
        String culprit = "RandomNormalLike 'RandomNormalLike-n'";
        all.add(new Entry(
                        "in a function",
                        graph().input("x", floats(1, 2))
                                .function("MyNoise", "a", "b", draws, Graph.single("Add", "a n", "b"))
                                .node("MyNoise", "x", "y")
                                .output("y"))
                .is("all random: " + culprit));
        all.add(new Entry(
                        "in a function that a function calls",
                        graph().input("x", floats(1, 2))
                                .function("MyNoise", "a", "n", draws)
                                .function("MyOuter", "c", "d", Graph.single("MyNoise", "c", "d"))
                                .node("MyOuter", "x", "y")
                                .output("y"))
                .is("all random: " + culprit));
        all.add(new Entry(
                        "one output of a function of two, and the other is wrong",
                        graph().input("x", floats(1, 2))
                                .function("MyTwo", "a", "n b", draws, Graph.single("Exp", "a", "b"))
                                .node("MyTwo", "x", "y z")
                                .output("y")
                                .output("z"))
                .with(Engine.spoiling("sloppy", times(3)))
                .is("wrong: engine [sloppy]; random: " + culprit));
        all.add(new Entry(
                "a function whose random part is not used",
                graph().input("x", floats(1, 2))
                        .function("MyOne", "a", "b", draws, Graph.single("Exp", "a", "b"))
                        .node("MyOne", "x", "y")
                        .output("y")));
        all.add(new Entry(
                        "a dropout that trains, in a function",
                        graph().input("x", normal(2, 40))
                                .function(
                                        "MyDrop",
                                        "a",
                                        "b",
                                        Graph.single("Constant", "", "r", "value", scalar(ElementType.FLOAT32, 0.5)),
                                        Graph.single("Constant", "", "t", "value", scalar(ElementType.BOOL, 1)),
                                        Graph.single("Dropout", "a r t", "b"))
                                .node("MyDrop", "x", "y")
                                .output("y"))
                .is("all random: Dropout 'Dropout-b'"));
        all.add(new Entry(
                "a dropout that does not train, in a function",
                graph().input("x", normal(2, 40))
                        .function(
                                "MyDrop",
                                "a",
                                "b",
                                Graph.single("Constant", "", "r", "value", scalar(ElementType.FLOAT32, 0.5)),
                                Graph.single("Constant", "", "t", "value", scalar(ElementType.BOOL, 0)),
                                Graph.single("Dropout", "a r t", "b"))
                        .node("MyDrop", "x", "y")
                        .output("y")));
    }

    /** Whether the shape of a random value is random. */
    private static void sizes(List<Entry> all) {
        all.add(new Entry(
                        "how many random numbers are above 0",
                        graph().input("x", normal(1, 50))
                                .weight("zero", floats(0))
                                .node("RandomNormalLike", "x", "n")
                                .node("Greater", "n zero", "g")
                                .node("NonZero", "g", "i")
                                .node("Shape", "i", "y")
                                .output("y", ElementType.INT64))
                .is("all random: RandomNormalLike 'RandomNormalLike-n'"));
        all.add(new Entry(
                "the shape of random numbers in another shape",
                graph().input("x", normal(1, 6))
                        .weight("to", Values.longs(2, 3))
                        .node("RandomNormalLike", "x", "n")
                        .node("Reshape", "n to", "m")
                        .node("Shape", "m", "y")
                        .output("y", ElementType.INT64)));
        Graph then = new Graph(17)
                .node("RandomNormal", "", "r", "shape", new int[] {2})
                .node("Exp", "x", "e");
        Graph other = new Graph(17).node("Identity", "x", "o").node("Neg", "x", "m");
        all.add(new Entry(
                        "one output of a branch, and the other is wrong",
                        graph().input("x", floats(1, 2))
                                .input("c", scalar(ElementType.BOOL, 1))
                                .node(
                                        "If",
                                        "c",
                                        "y z",
                                        "then_branch",
                                        then.output("r").output("e").body(),
                                        "else_branch",
                                        other.output("o").output("m").body())
                                .output("y")
                                .output("z"))
                .with(Engine.spoiling("sloppy", times(3)))
                .is("wrong: engine [sloppy]; random: RandomNormal 'RandomNormal-r'"));
    }
}
