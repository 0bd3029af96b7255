package io.kanerva.exporter.random;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Random layers without parameters. */
final class Functions {
    private static final List<Function<NDArray, NDArray>> ACTIVATIONS = List.of(
            Activation::relu,
            Activation::sigmoid,
            Activation::tanh,
            Activation::softPlus,
            Activation::softSign,
            Activation::relu6,
            Activation::selu,
            Activation::gelu,
            x -> Activation.leakyRelu(x, 0.2f),
            x -> Activation.elu(x, 0.7f),
            x -> Activation.swish(x, 1.3f),
            Activation::mish);

    private Functions() {}

    static Block activation(Gene gene) {
        return LambdaBlock.singleton(ACTIVATIONS.get(gene.second() % ACTIVATIONS.size()));
    }

    /** Array operations as users write them; results stay of moderate size. */
    static Block lambda(Gene gene, Shape shape) {
        int last = shape.dimension() - 1;
        // The axis that is sure to be fixed: channels of images, features of others.
        int axis = shape.dimension() == 4 ? 1 : last;
        long width = shape.get(axis);
        long part = 1 + gene.third() % width;
        List<Function<NDArray, NDArray>> functions = List.of(
                x -> x.mul(0.5f).add(1).neg(),
                x -> x.clip(-1, 0.75),
                x -> x.softmax(axis),
                x -> x.sub(x.mean(new int[] {axis}, true)),
                x -> x.mul(x.gt(0)),
                x -> x.flip(axis),
                x -> axis == 1 ? x.get(":, :{}", part) : x.get("..., :{}", part),
                x -> x.maximum(x.neg().mul(0.3f)),
                x -> x.max(new int[] {axis}, true).add(x),
                x -> x.square().add(1).sqrt(),
                x -> x.mul(
                        x.getManager().arange((float) width).div((float) width).reshape(ones(shape, axis, width))),
                x -> x.concat(x.tanh(), axis),
                x -> x.logSoftmax(axis).mul(0.1f),
                x -> last == axis ? x.repeat(axis, 2) : x.cumSum(axis).mul(0.2f),
                x -> x.norm(new int[] {axis}, true).add(x).mul(0.5f),
                x -> last == 1 ? x : x.swapAxes(last, last - 1).mul(0.9f).swapAxes(last - 1, last),
                x -> x.div(x.abs().sum(new int[] {axis}, true).add(1)));
        return LambdaBlock.singleton(functions.get(gene.second() % functions.size()));
    }

    private static Shape ones(Shape shape, int axis, long width) {
        long[] sizes = new long[shape.dimension()];
        Arrays.fill(sizes, 1);
        sizes[axis] = width;
        return new Shape(sizes);
    }
}
