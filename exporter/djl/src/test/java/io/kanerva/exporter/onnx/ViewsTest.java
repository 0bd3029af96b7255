package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import io.kanerva.exporter.onnx.MethodSamples.Sample;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.Recording;
import io.kanerva.exporter.trace.Sampler;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Arrays that share memory, and changes in place: what the engine does is what the graph computes. */
class ViewsTest {
    private static final Consumer<NDArray> ADD = x -> x.addi(1);

    /** A view or copy y of x [4, 6]. */
    private static final Map<String, UnaryOperator<NDArray>> WAYS = new LinkedHashMap<>();

    static {
        WAYS.put("toType(same,true)", x -> x.toType(DataType.FLOAT32, true));
        WAYS.put("toType(same,false)", x -> x.toType(DataType.FLOAT32, false));
        WAYS.put("toType(other)", x -> x.toType(DataType.FLOAT64, false));
        WAYS.put("toDevice(same,true)", x -> x.toDevice(Device.cpu(), true));
        WAYS.put("toDevice(same,false)", x -> x.toDevice(Device.cpu(), false));
        WAYS.put("stopGradient", NDArray::stopGradient);
        WAYS.put("toDense", NDArray::toDense);
        WAYS.put("duplicate", NDArray::duplicate);
        WAYS.put("from", x -> x.getManager().from(x));
        WAYS.put("getArray", x -> x.getNDArrayInternal().getArray());
        WAYS.put("get(long)", x -> x.get(1));
        WAYS.put("get of an element", x -> x.get(1, 2));
        WAYS.put("get of everything", x -> x.get(new NDIndex()));
        WAYS.put("get of a scalar", x -> x.get(1, 2).get(new NDIndex()));
        WAYS.put("get with an ellipsis", x -> x.get("..., 1"));
        WAYS.put("get with a new axis", x -> x.get(":, null, 1:3"));
        WAYS.put("get of a slice", x -> x.get("1:3, ::2"));
        WAYS.put("get by an array", x -> x.get("{}", x.argMax(0).mod(4)));
        WAYS.put("get by a mask", x -> x.get(x.gt(3)));
        WAYS.put("get by a pick", x -> x.get(new NDIndex().addAllDim().addPickDim(x.argMax(1))));
        WAYS.put("reshape", x -> x.reshape(6, 4));
        WAYS.put("reshape of a transposed array", x -> x.transpose().reshape(24));
        WAYS.put("reshape of an axis of size one", x -> x.get("1:2").transpose().reshape(6));
        WAYS.put("flatten", NDArray::flatten);
        WAYS.put("flatten of a slice", x -> x.get(":, 1:3").flatten());
        WAYS.put("flatten of a transposed sum", x -> x.transpose().add(1).flatten());
        WAYS.put("flatten(int,int)", x -> x.flatten(0, 1));
        WAYS.put("expandDims", x -> x.expandDims(1));
        WAYS.put("squeeze()", NDArray::squeeze);
        WAYS.put("squeeze(int)", x -> x.expandDims(1).squeeze(1));
        WAYS.put("squeeze(int[])", x -> x.expandDims(1).expandDims(0).squeeze(new int[] {0, 2}));
        WAYS.put("transpose()", NDArray::transpose);
        WAYS.put("transpose(int[])", x -> x.expandDims(0).transpose(2, 0, 1));
        WAYS.put("swapAxes", x -> x.swapAxes(0, 1));
        WAYS.put("broadcast of the same size", x -> x.broadcast(1, 4, 6));
        WAYS.put("broadcast", x -> x.broadcast(2, 4, 6));
        WAYS.put("split(long)", x -> x.split(2).get(1));
        WAYS.put("split(long[],int)", x -> x.split(new long[] {1, 3}, 1).get(1));
        WAYS.put("split(long,int) from the end", x -> x.split(3, -1).get(2));
        WAYS.put("diagonal", NDArray::diagonal);
        WAYS.put("diagonal(int)", x -> x.diagonal(-1));
        WAYS.put("diagonal(int,int,int)", x -> x.expandDims(0).diagonal(1, 1, 2));
        WAYS.put("flip", x -> x.flip(0));
        WAYS.put("rotate90", x -> x.rotate90(0, new int[] {0, 1}));
        WAYS.put("repeat", x -> x.repeat(1));
        WAYS.put("tile", x -> x.tile(1));
        WAYS.put("pad", x -> x.pad(new Shape(0, 0), 0));
        WAYS.put("clip", x -> x.clip(-9, 9));
        WAYS.put("concat", x -> NDArrays.concat(new NDList(x)));
        WAYS.put("stack", x -> NDArrays.stack(new NDList(x)));
        WAYS.put("dropout", x -> Dropout.dropout(x, .5f, false).head());
        WAYS.put("crop", x -> x.reshape(1, 1, 4, 6).getNDArrayInternal().crop(1, 0, 2, 2));
        WAYS.put("conj", NDArray::conj);
    }

    private static void requireSame(Function<NDArray, NDArray> function) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray x = manager.arange(24f).reshape(4, 6);
            NDArray expected;
            try {
                expected = function.apply(x.duplicate());
            } catch (RuntimeException e) {
                assertThatThrownBy(() -> Recording.compute(list -> function.apply(list.head()), new NDList(x)));
                return;
            }
            assertThat(Recording.compute(list -> function.apply(list.head()), new NDList(x)))
                    .isEqualTo(DjlTensors.copyOf(expected));
        }
    }

    private static Function<NDArray, NDArray> changed(Consumer<NDArray> change) {
        return x -> {
            NDArray y = x.add(1);
            change.accept(y);
            return y;
        };
    }

    @TestFactory
    Stream<DynamicTest> anArrayChangesWithItsViewAndNotWithItsCopy() {
        return WAYS.entrySet().stream()
                .map(way -> DynamicTest.dynamicTest(
                        way.getKey(),
                        () -> requireSame(changed(y -> ADD.accept(way.getValue().apply(y))))));
    }

    @TestFactory
    Stream<DynamicTest> aViewChangesWithItsArrayAndACopyDoesNot() {
        return WAYS.entrySet().stream()
                .map(way -> DynamicTest.dynamicTest(
                        way.getKey(),
                        () -> requireSame(x -> {
                            NDArray y = x.add(1);
                            NDArray z = way.getValue().apply(y);
                            NDArray part = z.get("...");
                            ADD.accept(y);
                            y.set(new NDIndex("0"), -7);
                            return NDArrays.stack(new NDList(z, part)).toType(DataType.FLOAT32, false);
                        })));
    }

    @Test
    void everyMethodWhoseResultSharesMemoryInTheEngineIsRecordedAsAView() {
        Map<String, Sample> samples = new HashMap<>(MethodSamples.all());
        samples.putAll(SelectionSamples.all());
        samples.putAll(InternalMethodSamples.all());
        samples.put(
                "toType of the same type",
                new Sample(List.of(input("x", 2, 3)), list -> list.head().toType(DataType.FLOAT32, true)));
        Map<String, String> sharing = new LinkedHashMap<>();
        try (NDManager manager = NDManager.newBaseManager()) {
            samples.forEach((name, sample) -> {
                NDList inputs = new NDList();
                for (InputSpec spec : sample.inputs()) {
                    inputs.add(
                            DjlTensors.toArray(new Sampler(Map.of()).sample(spec, sizes(sample.inputs()), 1), manager));
                }
                Recording.sharing(sample.call(), inputs).forEach((operation, isShared) -> {
                    if (isShared) {
                        sharing.putIfAbsent(operation, name);
                    }
                });
            });
        }
        Set<String> unknown = new HashSet<>(sharing.keySet());
        unknown.removeAll(Recording.views());
        assertThat(unknown).as("operations that share memory: %s", sharing).isEmpty();
        Set<String> copies = new HashSet<>(Recording.views());
        copies.removeAll(sharing.keySet());
        assertThat(copies).as("views that share no memory").isEmpty();
    }

    /** Different small sizes for the dimensions of a sample's inputs. */
    private static Map<String, Long> sizes(List<InputSpec> inputs) {
        Map<String, Long> sizes = new HashMap<>();
        inputs.stream()
                .flatMap(input -> input.shape().stream())
                .filter(Dimension::isNamed)
                .forEach(dimension -> sizes.putIfAbsent(dimension.name(), 2L + sizes.size()));
        return sizes;
    }

    @Test
    void changesGoThroughChainsOfViewsAndToTheirSiblings() {
        List<Consumer<NDArray>> changes = List.of(
                y -> y.get(":, 0").addi(1),
                y -> y.reshape(2, -1).get("1").muli(3),
                y -> y.transpose().get("1:3").transpose().get(0).subi(2),
                y -> {
                    NDArray a = y.get("0:2");
                    NDArray b = y.get("1:3");
                    a.addi(10);
                    b.muli(2);
                    a.divi(4);
                },
                y -> y.get("1:").set(new NDIndex(":, 2"), 5),
                y -> y.get("1:").set(new NDIndex("{}", y.get("1:").gt(10)), 0),
                y -> y.get("2").set(new NDIndex("1:3"), y.get("0, 0:2")),
                y -> y.get("2").set(new NDIndex("1:3"), z -> z.mul(7)),
                y -> y.get("2").setScalar(new NDIndex("1"), 8),
                y -> y.diagonal().powi(2),
                y -> y.diagonal(1).get("1:").set(new NDIndex("0"), 3),
                y -> y.split(3, 1).get(2).addi(y.split(3, 1).get(0)),
                y -> y.split(new long[] {2}, 0).forEach(part -> part.muli(2)),
                y -> y.expandDims(0).swapAxes(1, 2).squeeze(0).negi(),
                y -> y.get("0").signi(),
                y -> y.get("0").modi(4),
                y -> y.get("0").set(new float[] {1, 2, 3, 4, 5, 6}),
                y -> y.get("1").copyTo(y.get("0")),
                y -> {
                    NDArray row = y.get("1");
                    row.intern(y.get("2").mul(2));
                    row.addi(1);
                    y.addi(row);
                },
                y -> {
                    NDArray row = y.get("1");
                    y.set(new float[24]);
                    row.addi(1);
                    y.addi(row);
                });
        for (Consumer<NDArray> change : changes) {
            requireSame(changed(change));
        }
    }

    @Test
    void theGraphDoesWhatTheEngineDoesAtOtherSizes() {
        List<Consumer<NDArray>> changes = List.of(
                y -> y.get(":, 0").addi(1),
                y -> y.reshape(-1).get("2:").muli(3),
                y -> y.transpose().get("1:3").subi(2),
                y -> y.get("1:").set(new NDIndex("{}", y.get("1:").gt(0)), 0),
                y -> y.diagonal().addi(7),
                y -> y.split(3, 1).get(2).addi(y.split(3, 1).get(0)),
                y -> y.transpose().reshape(-1).addi(1),
                y -> Dropout.dropout(y, .5f, false).head().addi(7));
        for (Consumer<NDArray> change : changes) {
            OnnxModel model = OnnxExporter.export(
                    LambdaBlock.singleton(changed(change)),
                    List.of(input("x", "B", 6)),
                    List.of("y"),
                    Exports.CHECKED.withDimensionLimit("B", 2, 20));
            assertThat(model.checks()).isNotEmpty();
        }
        // An input, too, may be changed; the graph leaves the caller's tensor as it is.
        OnnxModel model = exportFunction(
                x -> {
                    NDArray first = x.get(":, 0");
                    x.addi(1);
                    return first;
                },
                input("x", "B", 6));
        assertThat(model.checks()).isNotEmpty();
    }

    @Test
    void aChangeOfWhatTheBlockKeepsIsAnError() {
        Linear linear = Exports.initialised(Linear.builder().setUnits(6).build(), 1, 6);
        Parameter weight = linear.getParameters().get("weight");
        assertThatThrownBy(() -> exportFunction(
                        x -> {
                            x.getManager().from(weight.getArray()).reshape(-1).addi(1);
                            return x;
                        },
                        input("x", "B", 6)))
                .hasMessageContaining("addi changes an array that the block keeps in place")
                .hasMessageContaining("array.duplicate().addi")
                .hasMessageContaining("ViewsTest");
        assertThatThrownBy(() -> exportFunction(
                        x -> x.broadcast(new Shape(2, x.getShape().get(0), 6)).addi(1), input("x", "B", 6)))
                .hasMessageContaining("addi changes an array in place whose elements share memory");
        assertThatThrownBy(() -> exportFunction(x -> x.get(0).addi(x), input("x", "B", 6)))
                .hasMessageContaining("addi: the engine cannot write a float32");
    }

    @Test
    void aChangeThatReadsWhatItHasChangedIsAnError() {
        List<Consumer<NDArray>> changes = List.of(
                y -> y.subi(y.get(0)),
                y -> y.muli(y.flip(0).get("1:2")).addi(y.get("0:1")),
                y -> y.get(":, 1:").addi(y.get(":, :5")),
                y -> y.set(new NDIndex(":, 1:"), y.get(":, :5")),
                y -> y.get("0:2").subi(y.get("1:3")));
        for (Consumer<NDArray> change : changes) {
            assertThatThrownBy(() -> exportFunction(changed(change)::apply, input("x", 4, 6)))
                    .hasMessageContaining("reads elements of the array that it changes in place")
                    .hasMessageContaining("other.duplicate()")
                    .hasMessageContaining("ViewsTest");
        }
        requireSame(changed(y -> y.addi(y)));
        requireSame(changed(y -> y.get("0:2").addi(y.get("2:4"))));
        requireSame(changed(y -> y.subi(y.get(0).duplicate())));
        requireSame(changed(y -> y.get("0").addi(y.transpose().get(":, 0"))));
        requireSame(changed(y -> y.set(new NDIndex("1"), y.get("3"))));
    }
}
