package io.kanerva.trainer.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;

/**
 * The heap's writer for continuous keys. Key k of sample t takes slot t K + k, counted row by row through the slot
 * grid; a slot is the window of its key, the quantiles at the middle of a regular grid's cell, and the sample's block
 * is added to the memory there by the adjoint of the spatial transformer's read. Nothing is learned here. T is at most
 * {@link KanervaSettings#capacity()}.
 */
public final class WindowWriter extends MemoryWriter {
    /** The keys of all slots, [slots, 3]. */
    private final Constant slotKeys;
    /**
     * The tent weights of all slots' windows, which never change: along the height [H, slots h], along the width
     * [slots, w, W].
     */
    private final Constant slotRows;

    private final Constant slotColumns;

    WindowWriter(KanervaSettings settings) {
        super(settings);
        KeySpace space = new KeySpace(settings);
        long slots = settings.slots().size();
        slotKeys = Constant.of(space.slotKeys(), new Shape(slots, KeySpace.KEY));
        try (NDManager scratch = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            Windows windows = space.windows(slotKeys.on(scratch).reshape(1, slots, KeySpace.KEY));
            float[] rows = TentWeights.matrix(
                            windows.centreY(),
                            windows.halfY(),
                            settings.block().rows(),
                            settings.memory().height())
                    .reshape(
                            (long) settings.slots().size() * settings.block().rows(),
                            settings.memory().height())
                    .transpose()
                    .toFloatArray();
            float[] columns = TentWeights.matrix(
                            windows.centreX(),
                            windows.halfX(),
                            settings.block().columns(),
                            settings.memory().width())
                    .toFloatArray();
            slotRows = Constant.of(
                    rows,
                    new Shape(
                            1,
                            settings.memory().height(),
                            slots * settings.block().rows()));
            slotColumns = Constant.of(
                    columns,
                    new Shape(
                            1,
                            slots,
                            settings.block().columns(),
                            settings.memory().width()));
        }
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray content = in.singletonOrThrow();
        KanervaSettings s = settings;
        long b = content.getShape().get(0);
        long t = content.getShape().get(1);
        if (t > s.capacity()) {
            throw new IllegalArgumentException(
                    "out of memory: an episode of %d samples needs %d slots, the memory has %d"
                            .formatted(t, t * s.keys(), s.slots().size()));
        }
        long n = t * s.keys();
        NDManager manager = content.getManager();
        NDArray rows = slotRows.on(manager).get(":, :, 0:" + n * s.block().rows());
        NDArray columns = slotColumns.on(manager).get(":, 0:" + n);
        NDArray blocks = content.reshape(
                b, n, s.memory().channels(), s.block().rows(), s.block().columns());
        NDArray memory = TentWeights.place(blocks, rows, columns);
        NDArray keys = slotKeys.on(manager).get("0:" + n);
        NDArray pointers = keys.reshape(1, t, s.keys(), KeySpace.KEY).broadcast(b, t, s.keys(), KeySpace.KEY);
        return new WriterOutput(memory, pointers).list();
    }
}
