package io.kanerva.exporter.random;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.Random;

/** Grows genes into DJL blocks, shape by shape. */
final class Growth {
    private static final int MAX_WIDTH = 4096;

    private final NDManager manager;
    private final Random random = new Random(5);
    /** Whether the axes behind batch (and channel) have any size: flattening them is then not possible. */
    private final boolean isDynamic;
    /** Whether a layer's numbers or steps follow a dynamic size, so that the network may be refused. */
    private boolean followsSizes;

    Growth(NDManager manager, boolean isDynamic) {
        this.manager = manager;
        this.isDynamic = isDynamic;
    }

    boolean followsSizes() {
        return followsSizes;
    }

    /**
     * A block, initialised with random values, and the shape it makes.
     *
     * @param shape with the batch axis
     */
    record Grown(Block block, Shape shape) {}

    Grown sequence(List<Gene> genes, Shape shape) {
        SequentialBlock block = new SequentialBlock();
        Shape current = shape;
        for (Gene gene : genes) {
            Grown next = layer(gene, current);
            block.add(next.block());
            current = next.shape();
        }
        if (genes.isEmpty()) {
            block.add(Blocks.identityBlock());
        }
        return new Grown(block, current);
    }

    private Grown layer(Gene gene, Shape shape) {
        return switch (gene.kind() % 14) {
            case 0 -> branches(gene, shape);
            case 1 -> twice(gene, shape);
            case 2 -> sequence(gene.children(), shape);
            case 3 -> alive(Dropout.builder().optRate(0.5f).build(), shape);
            case 4 -> alive(Functions.activation(gene), shape);
            case 5 -> alive(Functions.lambda(gene, shape), shape);
            case 12 -> alive(Idioms.exported(gene, shape, manager), shape);
            case 13 -> {
                followsSizes = true;
                yield alive(Idioms.sized(gene, shape, manager), shape);
            }
            default ->
                alive(
                        switch (shape.dimension()) {
                            case 2 -> Layers.vector(gene, shape);
                            case 3 -> Layers.sequence(gene, shape);
                            default -> Layers.image(gene, shape, isDynamic);
                        },
                        shape);
        };
    }

    /** Two ways side by side: added where they make the same shape, joined where only the channels differ. */
    private Grown branches(Gene gene, Shape shape) {
        Grown left = sequence(gene.children(), shape);
        Grown right = gene.first() % 2 == 0
                ? new Grown(Blocks.identityBlock(), shape)
                : alive(Functions.activation(gene), shape);
        List<Block> both = List.of(left.block(), right.block());
        // A length that is kept here may be another one elsewhere.
        if (followsSizes && shape.dimension() == 3) {
            return left;
        }
        if (isDynamic && shape.dimension() == 4 && !keepsAnySize(left.block(), shape)) {
            return left;
        }
        if (left.shape().equals(shape)) {
            return new Grown(
                    new ParallelBlock(
                            outputs -> new NDList(outputs.get(0)
                                    .singletonOrThrow()
                                    .add(outputs.get(1).singletonOrThrow())),
                            both),
                    shape);
        }
        int axis = shape.dimension() == 4 ? 1 : shape.dimension() - 1;
        if (!differOnlyIn(axis, left.shape(), shape) || left.shape().get(axis) + shape.get(axis) > MAX_WIDTH) {
            return left;
        }
        return new Grown(
                new ParallelBlock(
                        outputs -> new NDList(NDArrays.concat(
                                new NDList(
                                        outputs.get(0).singletonOrThrow(),
                                        outputs.get(1).singletonOrThrow()),
                                axis)),
                        both),
                Shape.update(shape, axis, left.shape().get(axis) + shape.get(axis)));
    }

    /**
     * Whether a larger image keeps its height and width: strides may have kept those of the image at hand by chance.
     */
    private boolean keepsAnySize(Block block, Shape shape) {
        Shape larger = Shape.update(Shape.update(shape, 2, shape.get(2) + 7), 3, shape.get(3) + 10);
        Shape made = output(block, larger);
        return made.dimension() == 4 && made.get(2) == larger.get(2) && made.get(3) == larger.get(3);
    }

    private static boolean differOnlyIn(int axis, Shape a, Shape b) {
        return a.dimension() == b.dimension() && Shape.update(a, axis, 1).equals(Shape.update(b, axis, 1));
    }

    /** The same block again on its own result, with the same parameters, if it takes it. */
    private Grown twice(Gene gene, Shape shape) {
        Grown once = sequence(gene.children(), shape);
        return once.shape().equals(shape)
                ? new Grown(new SequentialBlock().add(once.block()).add(once.block()), shape)
                : once;
    }

    private Grown alive(Block block, Shape shape) {
        block.initialize(manager, DataType.FLOAT32, shape);
        for (Parameter parameter : block.getParameters().values()) {
            boolean isPositive =
                    parameter.getType() == Parameter.Type.RUNNING_VAR || parameter.getType() == Parameter.Type.GAMMA;
            if (isPositive || parameter.getType() != Parameter.Type.WEIGHT) {
                float[] values = new float[(int) parameter.getArray().size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = isPositive ? 0.5f + random.nextFloat() : 0.3f * (float) random.nextGaussian();
                }
                parameter.getArray().set(values);
            }
        }
        return new Grown(block, output(block, shape));
    }

    private Shape output(Block block, Shape shape) {
        try (NDManager scope = manager.newSubManager();
                NDArray probe = scope.ones(shape)) {
            return block.forward(new ParameterStore(scope, false), new NDList(probe), false)
                    .singletonOrThrow()
                    .getShape();
        }
    }
}
