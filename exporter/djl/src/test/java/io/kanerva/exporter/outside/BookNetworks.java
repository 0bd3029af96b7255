package io.kanerva.exporter.outside;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.pooling.Pool;
import java.util.List;

/** The book's first half: linear networks, perceptrons, layers and convolutional networks. */
final class BookNetworks {
    private static final String IMAGES = "x:float32[N,1,16,16]";

    private BookNetworks() {}

    static List<OutsideBlock> all() {
        return List.of(
                OutsideBlock.of(
                        "linear regression from scratch",
                        Origin.BOOK,
                        BookNetworks::linearRegression,
                        "x:float32[N,2]"),
                OutsideBlock.of(
                        "softmax regression from scratch",
                        Origin.BOOK,
                        BookNetworks::softmaxRegression,
                        "x:float32[N,1,6,6]"),
                OutsideBlock.of("perceptron from scratch", Origin.BOOK, BookNetworks::perceptron, "x:float32[N,1,4,4]"),
                OutsideBlock.of(
                        "perceptron with dropout, concise",
                        Origin.BOOK,
                        BookNetworks::dropoutPerceptron,
                        "x:float32[N,3,4]"),
                OutsideBlock.of(
                        "dropout from scratch", Origin.BOOK, BookNetworks::dropoutFromScratch, "x:float32[N,8]"),
                OutsideBlock.of("centred layer", Origin.BOOK, m -> sketch(m, x -> x.sub(x.mean())), "x:float32[N,T]"),
                OutsideBlock.of("layer with parameters", Origin.BOOK_COURSE, BookNetworks::ownLinear, "x:float32[N,5]"),
                OutsideBlock.of(
                                "fixed hidden layer, halved while it is large",
                                Origin.BOOK,
                                m -> fixedHidden(m, true),
                                "x:float32[N,6]")
                        .refused("getFloat", "a loop that ends by the array's values"),
                OutsideBlock.of("fixed hidden layer", Origin.BOOK, m -> fixedHidden(m, false), "x:float32[N,6]"),
                OutsideBlock.of("nested perceptrons", Origin.BOOK_COURSE, BookNetworks::nested, "x:float32[N,7]"),
                OutsideBlock.of("shared layer", Origin.BOOK, BookNetworks::shared, "x:float32[N,6]"),
                OutsideBlock.of(
                        "cross-correlation in Java loops", Origin.BOOK, BookNetworks::correlation, "x:float32[6,8]"),
                OutsideBlock.of("channels in Java loops", Origin.BOOK, BookNetworks::channels, "x:float32[2,5,5]"),
                OutsideBlock.of(
                        "1x1 convolution as a product", Origin.BOOK, BookNetworks::pointwise, "x:float32[3,H,W]"),
                OutsideBlock.of("pooling in Java loops", Origin.BOOK, BookNetworks::pooling, "x:float32[5,5]"),
                OutsideBlock.of(
                        "batch normalisation from scratch", Origin.BOOK, m -> batchNorm(m, false), "x:float32[N,6]"),
                OutsideBlock.of(
                        "batch normalisation of images from scratch",
                        Origin.BOOK,
                        m -> batchNorm(m, true),
                        "x:float32[N,3,H,W]"),
                OutsideBlock.of("LeNet", Origin.BOOK, BookNetworks::leNet, IMAGES),
                OutsideBlock.of("AlexNet", Origin.BOOK, BookNetworks::alexNet, "x:float32[N,1,67,67]"),
                OutsideBlock.of(
                        "VGG", Origin.BOOK, m -> initialised(m, vgg(new int[][] {{1, 4}, {2, 8}}), 1, 16, 16), IMAGES),
                OutsideBlock.of("network in network", Origin.BOOK, m -> initialised(m, nin(), 1, 16, 16), IMAGES),
                OutsideBlock.of(
                                "GoogLeNet's inception",
                                Origin.BOOK,
                                m -> initialised(m, inception(), 3, 9, 9),
                                "x:float32[N,3,H,W]")
                        .within("H", 3, 64, 3, 64, 33)
                        .within("W", 3, 64, 64, 17, 33),
                OutsideBlock.of("residual block", Origin.BOOK, m -> residual(m, 3, 3, 1), "x:float32[N,3,H,W]"),
                OutsideBlock.of(
                        "residual block with stride",
                        Origin.BOOK_COURSE,
                        m -> residual(m, 3, 4, 2),
                        "x:float32[N,3,H,W]"),
                OutsideBlock.of("ResNet", Origin.BOOK, BookNetworks::resNet, IMAGES),
                OutsideBlock.of("dense block", Origin.BOOK, m -> dense(m, 2), "x:float32[N,3,H,W]"),
                OutsideBlock.of("DenseNet", Origin.BOOK, BookNetworks::denseNet, IMAGES));
    }

    /** A block of a function of one array. */
    static Block sketch(NDManager manager, java.util.function.UnaryOperator<NDArray> function) {
        return new BlockSketch(manager) {
            @Override
            NDList run(Call call, NDList in) {
                return new NDList(function.apply(in.singletonOrThrow()));
            }
        };
    }

    /** A library's block, initialised for a batch of two. */
    static Block initialised(NDManager manager, Block block, long... shape) {
        block.initialize(manager, DataType.FLOAT32, new Shape(2).addAll(new Shape(shape)));
        return block;
    }

    private static Block linearRegression(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter w = weight(2, 1);
            private final Parameter b = weight(1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.singletonOrThrow();
                return new NDList(x.dot(call.value(w, x)).add(call.value(b, x)));
            }
        };
    }

    private static Block softmaxRegression(NDManager m) {
        NDArray w = m.randomNormal(0, 0.3f, new Shape(36, 4), DataType.FLOAT32);
        NDArray b = m.randomNormal(new Shape(4));
        return new LambdaBlock(list -> {
            NDArray exp = list.singletonOrThrow()
                    .reshape(new Shape(-1, 36))
                    .dot(w)
                    .add(b)
                    .exp();
            NDArray partition = exp.sum(new int[] {1}, true);
            return new NDList(exp.div(partition));
        });
    }

    private static Block perceptron(NDManager m) {
        NDList parameters = new NDList(
                m.randomNormal(new Shape(16, 5)),
                m.zeros(new Shape(5)),
                m.randomNormal(new Shape(5, 3)),
                m.ones(new Shape(3)));
        return LambdaBlock.singleton(x -> {
            NDArray flat = x.reshape(new Shape(-1, 16));
            NDArray hidden = NDArrays.maximum(0f, flat.dot(parameters.get(0)).add(parameters.get(1)));
            return hidden.dot(parameters.get(2)).add(parameters.get(3));
        });
    }

    private static Block dropoutPerceptron(NDManager m) {
        SequentialBlock net = new SequentialBlock();
        net.add(Blocks.batchFlattenBlock(12));
        net.add(Linear.builder().setUnits(6).build());
        net.add(Activation::relu);
        net.add(Dropout.builder().optRate(0.4f).build());
        net.add(Linear.builder().setUnits(3).build());
        net.setInitializer(new ai.djl.training.initializer.NormalInitializer(0.4f), Parameter.Type.WEIGHT);
        return initialised(m, net, 3, 4);
    }

    private static Block dropoutFromScratch(NDManager m) {
        return new BlockSketch(m) {
            private final Linear first = linear(8, 5);

            private NDArray dropout(NDArray x, float rate) {
                if (rate == 1) {
                    return manager.zeros(x.getShape());
                }
                NDArray mask = manager.randomUniform(0f, 1f, x.getShape()).gt(rate);
                return mask.toType(DataType.FLOAT32, false).mul(x).div(1f - rate);
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray h = Activation.relu(call.of(first, in.head()));
                return new NDList(call.isTraining() ? dropout(h, 0.5f) : h);
            }
        };
    }

    private static Block ownLinear(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter weight = weight(5, 3);
            private final Parameter bias = weight(3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray input = in.singletonOrThrow();
                return Activation.relu(
                        new NDList(input.dot(call.value(weight, input)).add(call.value(bias, input))));
            }
        };
    }

    private static Block fixedHidden(NDManager m, boolean isHalved) {
        return new BlockSketch(m) {
            private final NDArray fixed = manager.randomUniform(-0.1f, 0.1f, new Shape(5, 5));
            private final Linear dense = linear(6, 5);
            private final Linear again = linear(5, 5);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(dense, in.head());
                x = Activation.relu(x.dot(fixed).add(1));
                x = call.of(again, x);
                while (isHalved && x.abs().sum().getFloat() > 1) {
                    x = x.div(2);
                }
                return new NDList(x.sum());
            }
        };
    }

    private static Block nested(NDManager m) {
        return new BlockSketch(m) {
            private final SequentialBlock net = child(
                    new SequentialBlock()
                            .add(Linear.builder().setUnits(6).build())
                            .add(Activation.reluBlock())
                            .add(Linear.builder().setUnits(4).build())
                            .add(Activation.reluBlock()),
                    1,
                    7);
            private final Linear dense = linear(4, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDList current = in;
                for (Block block : List.of(net, dense)) {
                    current = block.forward(call.store(), current, call.isTraining());
                }
                return new NDList(Activation.relu(current.singletonOrThrow()));
            }
        };
    }

    private static Block shared(NDManager m) {
        Linear shared = Linear.builder().setUnits(6).build();
        return initialised(
                m,
                new SequentialBlock()
                        .add(Linear.builder().setUnits(6).build())
                        .add(Activation.reluBlock())
                        .add(shared)
                        .add(Activation.reluBlock())
                        .add(shared)
                        .add(Linear.builder().setUnits(2).build()),
                6);
    }

    /** The book's corr2d: places of an array of zeros, set one by one. */
    static NDArray correlate(NDArray x, NDArray k) {
        int h = (int) k.getShape().get(0);
        int w = (int) k.getShape().get(1);
        NDArray y = x.getManager()
                .zeros(new Shape(x.getShape().get(0) - h + 1, x.getShape().get(1) - w + 1));
        for (int i = 0; i < y.getShape().get(0); i++) {
            for (int j = 0; j < y.getShape().get(1); j++) {
                NDArray part = x.get(i + ":" + (i + h) + "," + j + ":" + (j + w));
                y.set(new NDIndex(i + "," + j), part.mul(k).sum());
            }
        }
        return y;
    }

    private static Block correlation(NDManager m) {
        NDArray kernel = m.create(new float[] {1, -1}, new Shape(1, 2));
        return LambdaBlock.singleton(x -> correlate(x, kernel));
    }

    private static Block channels(NDManager m) {
        NDArray kernels = m.randomNormal(new Shape(3, 2, 2, 2));
        return LambdaBlock.singleton(x -> {
            NDList outputs = new NDList();
            for (int o = 0; o < kernels.size(0); o++) {
                NDArray sum = x.getManager().zeros(new Shape(4, 4));
                for (long c = 0; c < x.getShape().get(0); c++) {
                    sum = sum.add(correlate(x.get(c), kernels.get(o).get(c)));
                }
                outputs.add(sum);
            }
            return NDArrays.stack(outputs);
        });
    }

    private static Block pointwise(NDManager m) {
        NDArray kernel = m.randomNormal(new Shape(2, 3, 1, 1));
        return LambdaBlock.singleton(x -> {
            long c = x.getShape().get(0);
            long h = x.getShape().get(1);
            long w = x.getShape().get(2);
            NDArray flat = x.reshape(new Shape(c, h * w));
            return kernel.reshape(new Shape(2, c)).dot(flat).reshape(new Shape(2, h, w));
        });
    }

    private static Block pooling(NDManager m) {
        return sketch(m, x -> {
            NDArray max = x.getManager().zeros(new Shape(4, 4));
            NDArray mean = x.getManager().zeros(new Shape(4, 4));
            for (long i = 0; i < 4; i++) {
                for (long j = 0; j < 4; j++) {
                    NDArray part = x.get(new NDIndex("{}:{}, {}:{}", i, i + 2, j, j + 2));
                    max.set(new NDIndex(i, j), part.max());
                    mean.set(new NDIndex("{}, {}", i, j), part.mean());
                }
            }
            return max.sub(mean);
        });
    }

    private static Block batchNorm(NDManager m, boolean isImage) {
        Shape shape = isImage ? new Shape(1, 3, 1, 1) : new Shape(1, 6);
        return new BlockSketch(m) {
            private final Parameter gamma = weight(shape.getShape());
            private final Parameter beta = weight(shape.getShape());
            private NDArray movingMean = manager.ones(shape).mul(0.2f);
            private NDArray movingVariance = manager.ones(shape).mul(1.7f);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.singletonOrThrow();
                NDArray normal;
                try (NDManager sub = x.getManager().newSubManager()) {
                    sub.tempAttachAll(in);
                    if (call.isTraining()) {
                        int[] axes = isImage ? new int[] {0, 2, 3} : new int[] {0};
                        NDArray mean = x.mean(axes, true);
                        movingMean = movingMean.mul(0.9f).add(mean.mul(0.1f));
                        movingVariance = movingVariance
                                .mul(0.9f)
                                .add(x.sub(mean).pow(2).mean(axes, true).mul(0.1f));
                    }
                    normal = x.sub(movingMean).div(movingVariance.add(1e-5f).sqrt());
                    normal = sub.ret(normal);
                }
                return new NDList(normal.mul(call.value(gamma, x)).add(call.value(beta, x)));
            }
        };
    }

    private static Conv2d convolution(int filters, int kernel, int stride, int padding) {
        return Conv2d.builder()
                .setKernelShape(new Shape(kernel, kernel))
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(padding, padding))
                .setFilters(filters)
                .build();
    }

    private static Block leNet(NDManager m) {
        return initialised(
                m,
                new SequentialBlock()
                        .add(convolution(3, 5, 1, 2))
                        .add(Activation::sigmoid)
                        .add(Pool.avgPool2dBlock(new Shape(5, 5), new Shape(2, 2), new Shape(2, 2)))
                        .add(convolution(4, 5, 1, 0))
                        .add(Activation::sigmoid)
                        .add(Pool.avgPool2dBlock(new Shape(5, 5), new Shape(2, 2), new Shape(2, 2)))
                        .add(Blocks.batchFlattenBlock())
                        .add(Linear.builder().setUnits(8).build())
                        .add(Activation::sigmoid)
                        .add(Linear.builder().setUnits(4).build()),
                1,
                16,
                16);
    }

    private static Block alexNet(NDManager m) {
        return initialised(
                m,
                new SequentialBlock()
                        .add(convolution(4, 11, 4, 0))
                        .add(Activation::relu)
                        .add(Pool.maxPool2dBlock(new Shape(3, 3), new Shape(2, 2)))
                        .add(convolution(6, 5, 1, 2))
                        .add(Activation::relu)
                        .add(Pool.maxPool2dBlock(new Shape(3, 3), new Shape(2, 2)))
                        .add(convolution(5, 3, 1, 1))
                        .add(Activation::relu)
                        .add(Blocks.batchFlattenBlock())
                        .add(Linear.builder().setUnits(7).build())
                        .add(Activation::relu)
                        .add(Dropout.builder().optRate(0.5f).build())
                        .add(Linear.builder().setUnits(4).build()),
                1,
                67,
                67);
    }

    private static SequentialBlock vgg(int[][] architecture) {
        SequentialBlock net = new SequentialBlock();
        for (int[] part : architecture) {
            SequentialBlock block = new SequentialBlock();
            for (int i = 0; i < part[0]; i++) {
                block.add(convolution(part[1], 3, 1, 1)).add(Activation::relu);
            }
            net.add(block.add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2))));
        }
        return net.add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(5).build());
    }

    private static SequentialBlock nin() {
        SequentialBlock net = new SequentialBlock();
        for (int filters : new int[] {4, 6, 3}) {
            net.add(convolution(filters, 3, 1, 1))
                    .add(Activation::relu)
                    .add(convolution(filters, 1, 1, 0))
                    .add(Activation::relu)
                    .add(Pool.maxPool2dBlock(new Shape(3, 3), new Shape(2, 2), new Shape(1, 1)));
        }
        return net.add(Pool.globalAvgPool2dBlock()).add(Blocks.batchFlattenBlock());
    }

    private static Block inception() {
        SequentialBlock one = new SequentialBlock().add(convolution(2, 1, 1, 0)).add(Activation::relu);
        SequentialBlock two = new SequentialBlock()
                .add(convolution(3, 1, 1, 0))
                .add(Activation::relu)
                .add(convolution(2, 3, 1, 1));
        SequentialBlock three = new SequentialBlock()
                .add(convolution(2, 1, 1, 0))
                .add(Activation::relu)
                .add(convolution(3, 5, 1, 2));
        SequentialBlock four = new SequentialBlock()
                .add(Pool.maxPool2dBlock(new Shape(3, 3), new Shape(1, 1), new Shape(1, 1)))
                .add(convolution(1, 1, 1, 0));
        return new ParallelBlock(
                list -> new NDList(NDArrays.concat(
                        new NDList(list.stream().map(NDList::head).toList()), 1)),
                List.of(one, two, three, four));
    }

    private static Block residual(NDManager m, int from, int to, int stride) {
        return new BlockSketch(m) {
            private final Block body = child(
                    new SequentialBlock()
                            .add(convolution(to, 3, stride, 1))
                            .add(BatchNorm.builder().build())
                            .add(Activation::relu)
                            .add(convolution(to, 3, 1, 1))
                            .add(BatchNorm.builder().build()),
                    1,
                    from,
                    8,
                    8);
            private final Block way =
                    from == to && stride == 1 ? null : child(convolution(to, 1, stride, 0), 1, from, 8, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.singletonOrThrow();
                NDArray y = call.of(body, x);
                return new NDList(Activation.relu(y.add(way == null ? x : call.of(way, x))));
            }
        };
    }

    private static Block resNet(NDManager m) {
        SequentialBlock net = new SequentialBlock()
                .add(convolution(4, 7, 2, 3))
                .add(BatchNorm.builder().optEpsilon(1e-5f).build())
                .add(Activation::relu);
        net.initialize(m, DataType.FLOAT32, new Shape(1, 1, 16, 16));
        Block head = initialised(
                m,
                new SequentialBlock()
                        .add(Pool.globalAvgPool2dBlock())
                        .add(Blocks.batchFlattenBlock())
                        .add(Linear.builder().setUnits(3).build()),
                6,
                4,
                4);
        return new SequentialBlock()
                .add(net)
                .add(residual(m, 4, 4, 1))
                .add(residual(m, 4, 6, 2))
                .add(head);
    }

    private static Block dense(NDManager m, int count) {
        return new BlockSketch(m) {
            private final SequentialBlock net = new SequentialBlock();

            {
                for (int i = 0; i < count; i++) {
                    net.add(child(
                            new SequentialBlock()
                                    .add(BatchNorm.builder().build())
                                    .add(Activation::relu)
                                    .add(convolution(2, 3, 1, 1)),
                            1,
                            3 + 2 * i,
                            8,
                            8));
                }
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.singletonOrThrow();
                for (Block block : net.getChildren().values()) {
                    NDArray y = block.forward(call.store(), new NDList(x), call.isTraining())
                            .head();
                    x = NDArrays.concat(new NDList(x, y), 1);
                }
                return new NDList(x);
            }
        };
    }

    private static Block denseNet(NDManager m) {
        return new SequentialBlock()
                .add(initialised(m, convolution(3, 3, 2, 1), 1, 16, 16))
                .add(dense(m, 2))
                .add(initialised(
                        m,
                        new SequentialBlock()
                                .add(BatchNorm.builder().build())
                                .add(Activation::relu)
                                .add(convolution(3, 1, 1, 0))
                                .add(Pool.avgPool2dBlock(new Shape(2, 2), new Shape(2, 2))),
                        7,
                        8,
                        8))
                .add(dense(m, 1))
                .add(initialised(
                        m,
                        new SequentialBlock()
                                .add(Pool.globalAvgPool2dBlock())
                                .add(Linear.builder().setUnits(3).build()),
                        5,
                        4,
                        4));
    }
}
