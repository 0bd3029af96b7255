package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/**
 * The paper's writer: the embeddings' mean over the episode is mapped to the whole memory by f_mem, here a dense layer
 * onto a quarter of the memory's height and width, a convolution, and depth to space. Permuting the episode changes
 * nothing. It allocates no slots: its pointers are the origin, and a sample's key comes from the encoder alone.
 */
public final class PooledWriter extends MemoryWriter {
    /** The factor by which f_mem's last step enlarges height and width. */
    static final int SCALE = 4;

    private final Block spread;
    private final Block refine;
    private final int rows;
    private final int columns;

    PooledWriter(KanervaSettings settings) {
        super(settings);
        rows = settings.memory().height() / SCALE;
        columns = settings.memory().width() / SCALE;
        spread = child("spread", Layers.dense(settings.encoder().width() * rows * columns), settings.embedding());
        refine = child(
                "refine",
                Layers.conv3(settings.memory().channels() * SCALE * SCALE),
                settings.encoder().width(),
                rows,
                columns);
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray content = in.singletonOrThrow();
        long b = content.getShape().get(0);
        long t = content.getShape().get(1);
        NDArray episode = Activation.relu(content.mean(new int[] {1}));
        NDArray maps = Activation.relu(Layers.run(spread, store, episode, training)
                .reshape(b, settings.encoder().width(), rows, columns));
        NDArray memory = Layers.depthToSpace(Layers.run(refine, store, maps, training), SCALE);
        NDArray pointers = content.getManager().zeros(new Shape(b, t, settings.keys(), KeySpace.KEY), DataType.FLOAT32);
        return new WriterOutput(memory, pointers).list();
    }
}
