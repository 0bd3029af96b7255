package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.exporter.trace.Recording;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** Random views, copies and changes in place of a few arrays: the recording computes what the engine does. */
class RandomViewsTest {
    private static final int PROGRAMS = 200;
    private static final int STEPS = 12;

    private static final List<BiFunction<NDArray, Random, NDArray>> DERIVATIONS = List.of(
            (x, r) -> x.get(r.nextInt((int) x.getShape().get(0))),
            (x, r) -> x.get("{}:", r.nextInt((int) x.getShape().get(0))),
            (x, r) -> x.get("..., ::2"),
            (x, r) -> x.get("null, ..., -1"),
            (x, r) -> x.transpose(),
            (x, r) -> x.swapAxes(0, x.getShape().dimension() - 1),
            (x, r) -> x.reshape(-1),
            (x, r) -> x.size() % 2 == 0 ? x.reshape(2, -1) : x.flatten(),
            (x, r) -> x.expandDims(r.nextInt(x.getShape().dimension() + 1)),
            (x, r) -> x.squeeze(),
            (x, r) -> x.split(x.getShape().get(0)).get(0),
            (x, r) -> x.getShape().dimension() > 1 ? x.diagonal() : x,
            (x, r) -> x.stopGradient(),
            (x, r) -> x.toType(DataType.FLOAT32, r.nextBoolean()),
            (x, r) -> x.getNDArrayInternal().dropout(x, 0.5f, false).head(),
            (x, r) -> x.duplicate(),
            (x, r) -> x.flip(0),
            (x, r) -> x.mul(2),
            (x, r) -> x.toDense(),
            (x, r) -> x.get("{}", x.zerosLike().toType(DataType.INT64, false).flatten()),
            (x, r) -> x.get(x.gt(x.mean())),
            (x, r) -> NDArrays.concat(new NDList(x, x)));

    private static final List<BiFunction<NDArray, Random, NDArray>> CHANGES = List.of(
            (x, r) -> x.addi(r.nextInt(5)),
            (x, r) -> x.muli(2),
            (x, r) -> x.subi(x.mean()),
            (x, r) -> x.negi(),
            (x, r) -> set(x, new NDIndex("0"), r.nextInt(9)),
            (x, r) -> set(x, new NDIndex("..., ::2"), r.nextInt(9)),
            (x, r) -> {
                x.set(new NDIndex("{}", x.gt(1)), 1);
                return x;
            },
            (x, r) -> {
                x.set(new NDIndex("0"), part -> part.mul(3));
                return x;
            },
            (x, r) -> {
                x.set(new float[(int) x.size()]);
                return x;
            });

    private static NDArray set(NDArray x, NDIndex index, Number value) {
        x.set(index, value);
        return x;
    }

    /** Runs the program of a seed; steps that the engine refuses are left out, in both ways of running it. */
    private static NDArray run(NDArray x, long seed, List<Boolean> isPossible) {
        Random random = new Random(seed);
        boolean isFirst = isPossible.isEmpty();
        List<NDArray> arrays = new ArrayList<>(List.of(x.add(1)));
        for (int step = 0; step < STEPS; step++) {
            NDArray array = arrays.get(random.nextInt(arrays.size()));
            BiFunction<NDArray, Random, NDArray> derivation = DERIVATIONS.get(random.nextInt(DERIVATIONS.size()));
            BiFunction<NDArray, Random, NDArray> change = CHANGES.get(random.nextInt(CHANGES.size()));
            boolean isChange = random.nextInt(3) == 0;
            Random numbers = new Random(random.nextLong());
            boolean canRun = array.getShape().dimension() > 0 && array.size() > 0 && array.size() < 200;
            if (isFirst) {
                isPossible.add(canRun);
            }
            if (!isPossible.get(step)) {
                continue;
            }
            try {
                if (isChange) {
                    change.apply(array, numbers);
                } else {
                    arrays.add(derivation.apply(array, numbers));
                }
            } catch (RuntimeException e) {
                if (!isFirst) {
                    throw e;
                }
                isPossible.set(step, false);
            }
        }
        NDList all = new NDList();
        arrays.forEach(array -> all.add(array.flatten()));
        return NDArrays.concat(all);
    }

    @Test
    void randomProgramsComputeWhatTheEngineDoes() {
        try (NDManager manager = NDManager.newBaseManager()) {
            for (long seed = 0; seed < PROGRAMS; seed++) {
                long number = seed;
                try (NDManager each = manager.newSubManager()) {
                    NDArray x = each.arange(24f).reshape(new Shape(4, 6));
                    List<Boolean> isPossible = new ArrayList<>();
                    NDArray expected = run(x, seed, isPossible);
                    assertThat(Recording.compute(list -> run(list.head(), number, isPossible), new NDList(x)))
                            .as("program %d", seed)
                            .isEqualTo(DjlTensors.copyOf(expected));
                }
            }
        }
    }
}
