package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The paper's writer, on maps: each sample's blocks are placed in the memory by the adjoint of the read, summed over
 * the episode, and mapped by f_mem. A sample's place is given by its rank among its episode's samples, in ascending
 * order of a score of what it writes: ranks make the write independent of the episode's order, and no two samples
 * collide. Equal scores, such as those of equal images, rank in the episode's order.
 *
 * <p>The score is a fixed random projection. No gradient passes a rank, so there is nothing to learn. Key k of the
 * sample of rank r points at slot r K + k, counted row by row through the slot grid. Slots lie on whole pixels, so that
 * placing is exact.
 *
 * <p>f_mem is {@link KanervaSettings#memoryLayers} residual pairs of convolutions, which start as the identity; none by
 * default.
 */
public final class PooledWriter extends MemoryWriter {
    private static final long SCORE_SEED = 0x4B2B2BL;

    /** Channels of f_mem's inner maps for each channel of the memory. */
    private static final int WIDENING = 4;

    /** [K C h w, 1]. */
    private final Constant scores;
    /** The keys of all slots, sample by sample: [capacity, K 3]. */
    private final Constant slotKeys;
    /** 0, 1, ...: [capacity]. */
    private final Constant counting;

    private final List<Block> first = new ArrayList<>();
    private final List<Block> second = new ArrayList<>();

    PooledWriter(KanervaSettings settings) {
        super(settings);
        MapShape memory = settings.memory();
        int capacity = settings.capacity();
        int numbers = numbers();
        scores = Constant.of(projection(numbers), new Shape(numbers, 1));
        int width = settings.keys() * KeySpace.KEY;
        slotKeys = Constant.of(
                Arrays.copyOf(new KeySpace(settings).slotKeys(), capacity * width), new Shape(capacity, width));
        float[] count = new float[capacity];
        for (int i = 0; i < capacity; i++) {
            count[i] = i;
        }
        counting = Constant.of(count, new Shape(capacity));
        int inner = WIDENING * memory.channels();
        for (int i = 1; i <= settings.memoryLayers(); i++) {
            first.add(child("map" + i + "a", Layers.conv3(inner), memory.channels(), memory.height(), memory.width()));
            second.add(child(
                    "map" + i + "b",
                    Layers.zero(Layers.conv3(memory.channels())),
                    inner,
                    memory.height(),
                    memory.width()));
        }
    }

    /** The weights of the score, for so many values. */
    static float[] projection(int numbers) {
        SplittableRandom random = new SplittableRandom(SCORE_SEED);
        float[] weights = new float[numbers];
        for (int i = 0; i < numbers; i++) {
            weights[i] = (float) (random.nextGaussian() / Math.sqrt(numbers));
        }
        return weights;
    }

    /** Values that a sample writes, K C h w. */
    private int numbers() {
        return settings.keys() * settings.memory().channels() * settings.block().size();
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray content = in.singletonOrThrow();
        long b = content.getShape().get(0);
        long t = content.getShape().get(1);
        if (t > settings.capacity()) {
            throw new IllegalArgumentException(
                    "out of memory: an episode of %d samples needs %d slots, the memory has %d"
                            .formatted(t, t * settings.keys(), settings.slots().size()));
        }
        NDArray written = content.reshape(b, t, numbers());
        NDArray allocated = allocated(written);
        NDArray pointers =
                allocated.matMul(slotKeys.on(content.getManager())).reshape(b, t, settings.keys(), KeySpace.KEY);
        NDArray memory = placed(allocated.transpose(0, 2, 1).matMul(written));
        for (int i = 0; i < first.size(); i++) {
            NDArray inner = Activation.relu(Layers.run(first.get(i), store, memory, training));
            memory = memory.add(Layers.run(second.get(i), store, inner, training));
        }
        return new WriterOutput(memory, pointers).list();
    }

    /**
     * Which place each sample gets.
     *
     * @param written [B, T, K C h w]
     * @return [B, T, capacity]: 1 where the place is the sample's rank, else 0
     */
    private NDArray allocated(NDArray written) {
        NDManager manager = written.getManager();
        long t = written.getShape().get(1);
        NDArray score = written.stopGradient().matMul(scores.on(manager));
        NDArray other = score.transpose(0, 2, 1);
        NDArray position = counting.on(manager).get("0:" + t);
        NDArray earlier = number(position.expandDims(1).gt(position.expandDims(0)));
        NDArray before = number(score.gt(other)).add(number(score.eq(other)).mul(earlier));
        NDArray rank = before.sum(new int[] {2}).expandDims(2);
        return number(rank.eq(counting.on(manager)));
    }

    private static NDArray number(NDArray condition) {
        return condition.toType(DataType.FLOAT32, false);
    }

    /**
     * Lays out blocks, which are in the order of their places, [B, capacity, K C h w], as a memory, [B, C, H, W]: slots
     * between margins. Slots that no sample can have, fewer than K, stay empty.
     */
    private NDArray placed(NDArray blocks) {
        KanervaSettings s = settings;
        long b = blocks.getShape().get(0);
        int c = s.memory().channels();
        int h = s.block().rows();
        int w = s.block().columns();
        int unused = s.slots().size() - s.capacity() * s.keys();
        NDArray all = blocks.reshape(b, (long) s.capacity() * s.keys(), (long) c * h * w);
        if (unused > 0) {
            all = all.concat(zeros(all, 1, unused), 1);
        }
        NDArray slots = all.reshape(b, s.slots().rows(), s.slots().columns(), c, h, w)
                .transpose(0, 3, 1, 4, 2, 5)
                .reshape(b, c, (long) s.slots().rows() * h, (long) s.slots().columns() * w);
        return framed(
                framed(slots, 2, s.slots().rows(), h, s.memory().height()),
                3,
                s.slots().columns(),
                w,
                s.memory().width());
    }

    /** Zeros before and after so many slots along an axis. */
    private static NDArray framed(NDArray maps, int axis, int slots, int side, int pixels) {
        int before = KeySpace.margin(slots, side, pixels);
        return zeros(maps, axis, before)
                .concat(maps, axis)
                .concat(zeros(maps, axis, pixels - slots * side - before), axis);
    }

    private static NDArray zeros(NDArray like, int axis, int size) {
        long[] shape = like.getShape().getShape().clone();
        shape[axis] = size;
        return like.getManager().zeros(new Shape(shape), DataType.FLOAT32);
    }
}
