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
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import java.util.ArrayList;
import java.util.List;

/** Autoencoders, generators, flows, diffusion and neural radiance fields. */
final class Generative {
    private Generative() {}

    static List<OutsideBlock> all() {
        return List.of(
                OutsideBlock.of(
                        "variational autoencoder with given noise",
                        Origin.PAPERS,
                        Generative::autoencoder,
                        "x:float32[N,6]",
                        "noise:float32[N,2]"),
                OutsideBlock.of(
                        "variational autoencoder, deterministic at inference",
                        Origin.PAPERS,
                        Generative::meanAutoencoder,
                        "x:float32[N,6]"),
                OutsideBlock.of("vector quantisation", Origin.PAPERS, Generative::quantisation, "x:float32[N,3,H,W]")
                        .at("H", 1, 9, 5)
                        .at("W", 2, 5, 17),
                OutsideBlock.of("masked autoregressive layers", Origin.PAPERS, Generative::masked, "x:float32[N,5]"),
                OutsideBlock.of(
                                "masked convolution with a constant mask",
                                Origin.PAPERS,
                                Generative::pixelCnn,
                                "x:float32[N,1,H,W]")
                        .at("H", 1, 9, 5)
                        .at("W", 2, 5, 17),
                OutsideBlock.of(
                        "affine coupling and its inverse", Origin.PAPERS, Generative::coupling, "x:float32[N,6]"),
                OutsideBlock.of("generator with upsampling", Origin.BOOK, Generative::generator, "z:float32[N,5]"),
                OutsideBlock.of("discriminator", Origin.BOOK, Generative::discriminator, "x:float32[N,3,16,16]"),
                OutsideBlock.of(
                                "conditional generator",
                                Origin.PAPERS,
                                Generative::conditional,
                                "z:float32[N,5]",
                                "label:int64[N]")
                        .reading("label", 0, 4),
                OutsideBlock.of(
                        "style by modulation",
                        Origin.PAPERS,
                        Generative::modulated,
                        "x:float32[N,4,6,6]",
                        "style:float32[N,3]"),
                OutsideBlock.of(
                                "time embedding by sines",
                                Origin.DIFFUSION,
                                m -> LambdaBlock.singleton(t -> timeEmbedding(t, 8)),
                                "t:float32[N]")
                        .reading("t", 0, 100),
                OutsideBlock.of(
                                "diffusion U-Net with time",
                                Origin.DIFFUSION,
                                Generative::diffusion,
                                "x:float32[N,3,8,8]",
                                "t:int64[N]")
                        .reading("t", 0, 100),
                OutsideBlock.of(
                                "multi-scale convolutions to two maps of coefficients",
                                Origin.DIFFUSION,
                                Generative::coefficients,
                                "x:float32[N,1,H,W]")
                        .at("H", 4, 9, 16)
                        .at("W", 8, 5, 17),
                OutsideBlock.of(
                                "noise schedule extracted by steps",
                                Origin.DIFFUSION,
                                Generative::extracted,
                                "x:float32[N,2,4]",
                                "noise:float32[N,2,4]",
                                "t:int64[N]")
                        .reading("t", 0, 20),
                OutsideBlock.of(
                        "four steps of deterministic sampling",
                        Origin.DIFFUSION,
                        Generative::sampling,
                        "x:float32[N,6]"),
                OutsideBlock.of(
                                "sampling that draws noise",
                                Origin.DIFFUSION,
                                m -> LambdaBlock.singleton(x -> x.getManager()
                                        .randomNormal(x.getShape())
                                        .mul(x)),
                                "x:float32[N,6]")
                        .refused("random", "it draws random numbers"),
                OutsideBlock.of(
                        "positions by frequencies",
                        Origin.NERF,
                        m -> LambdaBlock.singleton(x -> positions(x, 4)),
                        "x:float32[N,3]"),
                OutsideBlock.of(
                        "radiance field with skips and directions",
                        Origin.NERF,
                        Generative::radiance,
                        "x:float32[S,N,3]",
                        "direction:float32[N,3]"),
                OutsideBlock.of(
                                "volume rendering",
                                Origin.NERF,
                                m -> rendering(),
                                "density:float32[S,N,1]",
                                "colour:float32[S,N,3]",
                                "depth:float32[S,N,1]")
                        .within("S", 3, 200, 3, 33, 129)
                        .at("N", 1, 5),
                OutsideBlock.of(
                                "samples by the inverse distribution",
                                Origin.NERF,
                                m -> inverseSampling(),
                                "weight:float32[9,N,1]",
                                "depth:float32[9,N,1]")
                        .reading("weight", 0.1, 1)
                        .reading("depth", 0, 4),
                OutsideBlock.of("rays of a camera", Origin.NERF, m -> rays(), "pose:float32[3,4]"),
                OutsideBlock.of("spherical harmonics", Origin.NERF, m -> harmonics(), "x:float32[N,3]"),
                OutsideBlock.of("grid table without hashes", Origin.NERF, Generative::grid, "x:float32[N,3]")
                        .reading("x", 0, 0.99),
                OutsideBlock.of("grid table with hashes in Java", Origin.NERF, Generative::hashed, "x:float32[N,3]")
                        .refused("toIntArray", "it reads the array's values to compute with them in Java"),
                OutsideBlock.of(
                                "denoising by total variation, ten steps",
                                Origin.HABITS,
                                m -> denoising(),
                                "x:float32[H,W]")
                        .within("H", 3, 64, 3, 33, 9)
                        .within("W", 3, 64, 9, 17, 4),
                OutsideBlock.of(
                        "score network with Fourier features",
                        Origin.PAPERS,
                        Generative::score,
                        "x:float32[N,2]",
                        "t:float32[N,1]"),
                OutsideBlock.of("energy by log-sum-exp", Origin.PAPERS, Generative::energy, "x:float32[N,6]"));
    }

    private static Block autoencoder(NDManager m) {
        return new BlockSketch(m) {
            private final Block encoder = child(GraphsAndPolicies.perceptron(4), 1, 6);
            private final Block decoder = child(GraphsAndPolicies.perceptron(6), 1, 2);

            @Override
            NDList run(Call call, NDList in) {
                NDArray h = call.of(encoder, in.get(0));
                NDArray mu = h.get(new NDIndex(":, :2"));
                NDArray logVariance = h.get(new NDIndex(":, 2:"));
                NDArray z = mu.add(logVariance.mul(0.5).exp().mul(in.get(1)));
                NDArray divergence = logVariance
                        .add(1)
                        .sub(mu.square())
                        .sub(logVariance.exp())
                        .sum(new int[] {1})
                        .mul(-0.5);
                return new NDList(Activation.sigmoid(call.of(decoder, z)), mu, logVariance, divergence.mean());
            }
        };
    }

    private static Block meanAutoencoder(NDManager m) {
        return new BlockSketch(m) {
            private final Block encoder = child(GraphsAndPolicies.perceptron(4), 1, 6);
            private final Block decoder = child(GraphsAndPolicies.perceptron(6), 1, 2);

            @Override
            NDList run(Call call, NDList in) {
                NDList parts = call.of(encoder, in.head()).split(2, 1);
                NDArray z = parts.get(0);
                if (call.isTraining()) {
                    z = z.add(parts.get(1).exp().mul(z.getManager().randomNormal(z.getShape())));
                }
                return decoder.forward(call.store(), new NDList(z), call.isTraining());
            }
        };
    }

    private static Block quantisation(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter codes = weight(6, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head().transpose(0, 2, 3, 1);
                NDArray flat = x.reshape(-1, 3);
                NDArray table = call.value(codes, x);
                NDArray distance = flat.square()
                        .sum(new int[] {1}, true)
                        .add(table.square().sum(new int[] {1}))
                        .sub(flat.dot(table.transpose()).mul(2));
                NDArray code = distance.argMin(1);
                NDArray chosen = code.oneHot(6).dot(table).reshape(x.getShape());
                NDArray straight = x.add(chosen.sub(x).stopGradient());
                return new NDList(straight.transpose(0, 3, 1, 2), code);
            }
        };
    }

    private static Block masked(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter first = weight(5, 5);
            private final Parameter second = weight(5, 5);
            private final NDArray strict =
                    manager.arange(5).expandDims(1).gt(manager.arange(5)).toType(DataType.FLOAT32, false);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray h = x.matMul(call.value(first, x).mul(strict).transpose());
                return new NDList(Activation.relu(h)
                        .matMul(call.value(second, x).mul(strict).transpose()));
            }
        };
    }

    private static Block pixelCnn(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter weight = weight(2, 1, 3, 3);
            private final NDArray mask = manager.create(new float[] {1, 1, 1, 1, 0, 0, 0, 0, 0}, new Shape(1, 1, 3, 3));

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray w = call.value(weight, x).mul(mask);
                return new NDList(ai.djl.nn.convolutional.Conv2d.conv2d(x, w, null, new Shape(1, 1), new Shape(1, 1))
                        .head());
            }
        };
    }

    private static Block coupling(NDManager m) {
        return new BlockSketch(m) {
            private final Block network = child(GraphsAndPolicies.perceptron(6), 1, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDList halves = in.head().split(new long[] {3}, 1);
                NDArray parameters = call.of(network, halves.get(0));
                NDArray scale = parameters.get(":, ::2").tanh();
                NDArray shift = parameters.get(":, 1::2");
                NDArray y = halves.get(1).mul(scale.exp()).add(shift);
                NDArray back = y.sub(shift).mul(scale.neg().exp());
                return new NDList(halves.get(0).concat(y, 1), back, scale.sum(new int[] {1}));
            }
        };
    }

    private static Block generator(NDManager m) {
        return new BlockSketch(m) {
            private final Linear enter = linear(5, 32);
            private final Block first = child(Vision.conv(4, 3), 1, 8, 4, 4);
            private final Block norm = child(BatchNorm.builder().build(), 1, 4, 4, 4);
            private final Block last = child(Vision.conv(3, 3), 1, 4, 8, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = Activation.relu(call.of(enter, in.head())).reshape(-1, 8, 2, 2);
                x = x.repeat(2, 2).repeat(3, 2);
                x = Activation.leakyRelu(call.of(norm, call.of(first, x)), 0.2f);
                x = x.getNDArrayInternal().interpolation(new long[] {8, 8}, 1, false);
                return new NDList(call.of(last, x).tanh());
            }
        };
    }

    private static Block discriminator(NDManager m) {
        SequentialBlock net = new SequentialBlock();
        for (int filters : new int[] {4, 6, 8}) {
            net.add(Vision.conv(filters, 3, 2, 1, 1))
                    .add(BatchNorm.builder().build())
                    .add(Activation.leakyReluBlock(0.2f));
        }
        net.add(ai.djl.nn.Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(1).build());
        return BookNetworks.initialised(m, net, 3, 16, 16);
    }

    private static Block conditional(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter classes = weight(4, 3);
            private final Block body = child(GraphsAndPolicies.perceptron(6), 1, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray y = call.value(classes, in.get(0)).get(in.get(1));
                return new NDList(call.of(body, NDArrays.concat(new NDList(in.get(0), y), -1)));
            }
        };
    }

    private static Block modulated(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter weight = weight(5, 4, 3, 3);
            private final Linear affine = linear(3, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0);
                NDArray s = call.of(affine, in.get(1)).add(1);
                NDArray w = call.value(weight, x);
                NDArray modulated = w.expandDims(0).mul(s.reshape(-1, 1, 4, 1, 1));
                NDArray norm =
                        modulated.square().sum(new int[] {2, 3, 4}).add(1e-6f).sqrt();
                NDArray y = x.mul(s.expandDims(2).expandDims(3));
                y = ai.djl.nn.convolutional.Conv2d.conv2d(y, w, null, new Shape(1, 1), new Shape(1, 1))
                        .head();
                return new NDList(y.div(norm.expandDims(2).expandDims(3)));
            }
        };
    }

    private static NDArray timeEmbedding(NDArray t, int width) {
        int half = width / 2;
        NDArray frequencies = t.getManager()
                .arange((float) half)
                .mul(-Math.log(10000) / (half - 1))
                .exp();
        NDArray angles = t.expandDims(1).mul(frequencies.expandDims(0));
        return NDArrays.concat(new NDList(angles.sin(), angles.cos()), 1);
    }

    private static Block diffusion(NDManager m) {
        return new BlockSketch(m) {
            private final Linear time = linear(8, 4);
            private final Block enter = child(Vision.conv(4, 3), 1, 3, 8, 8);
            private final Block down = child(Vision.conv(4, 3, 2, 1, 1), 1, 4, 8, 8);
            private final Block up = child(Vision.conv(3, 3), 1, 8, 8, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray t = timeEmbedding(in.get(1).toType(DataType.FLOAT32, false), 8);
                NDArray shift =
                        Activation.swish(call.of(time, t), 1f).expandDims(-1).expandDims(-1);
                NDArray first = call.of(enter, in.get(0)).add(shift);
                NDArray small = Activation.swish(call.of(down, Activation.swish(first, 1f)), 1f);
                NDArray large = small.getNDArrayInternal()
                        .interpolation(
                                new long[] {
                                    first.getShape().get(2), first.getShape().get(3)
                                },
                                0,
                                false);
                return new NDList(call.of(up, large.concat(first, 1)));
            }
        };
    }

    private static Block coefficients(NDManager m) {
        return new BlockSketch(m) {
            private final List<Block> scales = new ArrayList<>();
            private final Block mu = child(Vision.conv(3, 1), 1, 6, 8, 8);
            private final Block sigma = child(Vision.conv(3, 1), 1, 6, 8, 8);

            {
                for (int i = 0; i < 3; i++) {
                    scales.add(child(Vision.conv(2, 3, 1, 1, 1 << i), 1, 1, 8, 8));
                }
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.singletonOrThrow();
                long batch = x.getShape().get(0);
                long height = x.getShape().get(2);
                long width = x.getShape().get(3);
                NDList features = new NDList();
                scales.forEach(scale -> features.add(call.of(scale, x)));
                NDArray all = Activation.leakyRelu(NDArrays.concat(features, 1), 0.05f);
                return new NDList(
                        call.of(mu, all).reshape(batch, 3, 1, height, width),
                        call.of(sigma, all).reshape(batch, 3, 1, height, width));
            }
        };
    }

    private static NDArray extract(NDArray schedule, NDArray t, Shape shape) {
        NDArray values = schedule.get(t);
        long[] sizes = new long[shape.dimension()];
        java.util.Arrays.fill(sizes, 1);
        sizes[0] = t.getShape().get(0);
        return values.reshape(sizes);
    }

    private static Block extracted(NDManager m) {
        NDArray alphas = m.linspace(0.99f, 0.9f, 20).cumProd(0);
        NDArray root = alphas.sqrt();
        NDArray rest = alphas.neg().add(1).sqrt();
        return new LambdaBlock(l -> {
            Shape shape = l.get(0).getShape();
            return new NDList(extract(root, l.get(2), shape)
                    .mul(l.get(0))
                    .add(extract(rest, l.get(2), shape).mul(l.get(1))));
        });
    }

    private static Block sampling(NDManager m) {
        return new BlockSketch(m) {
            private final Block model = child(GraphsAndPolicies.perceptron(6), 1, 7);
            private final float[] alphas = {0.9f, 0.7f, 0.4f, 0.1f};

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                for (int i = alphas.length - 1; i >= 0; i--) {
                    float before = i == 0 ? 1 : alphas[i - 1];
                    NDArray t = x.getManager().full(new Shape(x.getShape().get(0), 1), i / 4f);
                    NDArray epsilon = call.of(model, x.concat(t, 1));
                    NDArray start = x.sub(epsilon.mul(Math.sqrt(1 - alphas[i])))
                            .div(Math.sqrt(alphas[i]))
                            .clip(-3, 3);
                    x = start.mul(Math.sqrt(before)).add(epsilon.mul(Math.sqrt(1 - before)));
                }
                return new NDList(x);
            }
        };
    }

    private static NDArray positions(NDArray x, int count) {
        NDList parts = new NDList(x);
        for (int i = 0; i < count; i++) {
            NDArray scaled = x.mul(Math.pow(2, i));
            parts.add(scaled.sin());
            parts.add(scaled.cos());
        }
        return NDArrays.concat(parts, -1);
    }

    private static Block radiance(NDManager m) {
        return new BlockSketch(m) {
            private final Block skipped = child(
                    new ParallelBlock(
                            l -> new NDList(l.get(0).get(0).concat(l.get(1).get(0), -1)),
                            List.of(
                                    new SequentialBlock()
                                            .add(Linear.builder().setUnits(8).build())
                                            .add(Activation.reluBlock()),
                                    new LambdaBlock(l -> l))),
                    1,
                    15);
            private final Linear density = linear(23, 1);
            private final Linear bottleneck = linear(23, 4);
            private final Linear view = linear(15, 4);
            private final Linear colour = linear(4, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray features = call.of(skipped, positions(in.get(0), 2));
                NDArray d = call.of(density, features.get(":-1"));
                NDArray directions = call.of(view, positions(in.get(1), 2));
                NDArray hidden = call.of(bottleneck, features)
                        .add(directions)
                        .getNDArrayInternal()
                        .relu();
                return new NDList(d, call.of(colour, hidden));
            }
        };
    }

    private static Block rendering() {
        return new LambdaBlock(l -> {
            NDArray depth = l.get(2).abs().cumSum(0);
            NDArray distances = depth.get("1:").sub(depth.get(":-1"));
            NDArray density =
                    l.get(0).get(":-1").getNDArrayInternal().relu().neg().mul(distances);
            NDArray through = density.cumSum(0).exp();
            NDArray alpha = density.exp().sub(1).neg();
            NDArray weight = alpha.get(":1")
                    .getNDArrayInternal()
                    .concat(new NDList(through.get(":-1").mul(alpha.get("1:")), through.get("-1:")), 0);
            NDArray colour = weight.mul(l.get(1).getNDArrayInternal().sigmoid()).sum(new int[] {0});
            return new NDList(colour.add(weight.sum(new int[] {0}).sub(1).neg()), weight);
        });
    }

    private static Block inverseSampling() {
        return new LambdaBlock(l -> {
            NDArray zValues = l.get(1).sort(0);
            NDManager manager = zValues.getManager();
            NDArray sums = l.get(0).stopGradient().get("1:-1").add(1e-5).cumSum(0);
            NDArray all = sums.get("-1:");
            NDArray cdf = all.zerosLike().concat(sums.div(all), 0);
            NDArray bins = zValues.get("1:").add(zValues.get(":-1")).mul(.5);
            NDArray u = manager.linspace(0.02f, 0.98f, 4)
                    .repeat(0, cdf.getShape().get(1))
                    .reshape(Shape.update(cdf.getShape(), 0, 4));
            NDArray places =
                    cdf.concat(u, 0).argSort(0).argSort(0).get(cdf.getShape().get(0) + ":");
            places = places.sub(
                    manager.arange(0, 4, 1, DataType.INT64).expandDims(-1).expandDims(-1));
            NDArray below = places.sub(1).maximum(0);
            NDArray above = places.minimum(cdf.getShape().get(0) - 1);
            NDArray low = cdf.get(new NDIndex().addPickDim(below));
            NDArray high = cdf.get(new NDIndex().addPickDim(above));
            NDArray from = bins.get(new NDIndex().addPickDim(below));
            NDArray to = bins.get(new NDIndex().addPickDim(above));
            NDArray difference = high.sub(low);
            difference = NDArrays.where(difference.lt(1e-5f), difference.onesLike(), difference);
            NDArray samples = from.add(u.sub(low).div(difference).mul(to.sub(from)));
            return new NDList(samples.concat(zValues, 0).sort(0));
        });
    }

    private static Block rays() {
        return LambdaBlock.singleton(pose -> {
            NDManager manager = pose.getManager();
            NDArray i = manager.arange(4f).repeat(3).reshape(4, 3).transpose();
            NDArray j = manager.arange(3f).repeat(4).reshape(3, 4);
            NDArray directions = NDArrays.stack(
                    new NDList(
                            i.sub(2).div(5),
                            j.sub(1.5).div(5).neg(),
                            i.onesLike().neg()),
                    -1);
            NDArray turned = directions.expandDims(-2).mul(pose.get(":3, :3")).sum(new int[] {-1});
            NDArray normal = turned.div(turned.norm(new int[] {-1}, true));
            return NDArrays.concat(new NDList(pose.get(":3, -1").broadcast(normal.getShape()), normal), -1);
        });
    }

    private static Block harmonics() {
        return LambdaBlock.singleton(x -> {
            NDArray d = x.normalize(2, -1);
            NDArray a = d.get("..., 0:1");
            NDArray b = d.get("..., 1:2");
            NDArray c = d.get("..., 2:3");
            return NDArrays.concat(
                    new NDList(
                            a.onesLike().mul(0.2820948),
                            b.mul(-0.48860252),
                            c.mul(0.48860252),
                            a.mul(b).mul(1.0925485),
                            c.square().mul(3).sub(1).mul(0.31539157),
                            a.square().sub(b.square()).mul(0.54627424)),
                    -1);
        });
    }

    private static Block grid(NDManager m) {
        return new BlockSketch(m) {
            private final List<Parameter> tables = List.of(weight(27, 2), weight(125, 2));

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDList output = new NDList();
                for (int i = 0; i < tables.size(); i++) {
                    int resolution = i == 0 ? 3 : 5;
                    NDArray place = x.mul(resolution - 1).round().toType(DataType.INT32, false);
                    NDArray index = place.get("..., :1")
                            .add(place.get("..., 1:2").mul(resolution))
                            .add(place.get("..., 2:").mul(resolution * resolution))
                            .repeat(-1, 2);
                    NDArray flat = index.reshape(-1, 2).toType(DataType.INT64, false);
                    NDArray table = call.value(tables.get(i), x);
                    output.add(table.get(new NDIndex().addPickDim(flat)).reshape(index.getShape()));
                }
                return new NDList(NDArrays.concat(output, -1));
            }
        };
    }

    private static Block hashed(NDManager m) {
        NDArray table = m.randomNormal(new Shape(16, 2));
        return LambdaBlock.singleton(x -> {
            int[] places = x.mul(7).toType(DataType.INT32, false).get("..., 0").toIntArray();
            for (int i = 0; i < places.length; i++) {
                places[i] = (places[i] * 805459861 ^ places[i]) & 15;
            }
            return table.get(x.getManager().create(places));
        });
    }

    private static Block denoising() {
        return LambdaBlock.singleton(x -> {
            NDArray y = x.duplicate();
            for (int step = 0; step < 10; step++) {
                NDArray padded = NDArrays.concat(new NDList(y.get(":1"), y, y.get("-1:")), 0);
                NDArray rows = padded.get("2:").add(padded.get(":-2")).sub(y.mul(2));
                padded = NDArrays.concat(new NDList(y.get(":, :1"), y, y.get(":, -1:")), 1);
                NDArray columns = padded.get(":, 2:").add(padded.get(":, :-2")).sub(y.mul(2));
                y.addi(rows.addi(columns).muli(0.1f));
                y.addi(x.sub(y).mul(0.05f));
            }
            return y;
        });
    }

    private static Block score(NDManager m) {
        return new BlockSketch(m) {
            private final NDArray frequencies = manager.randomNormal(new Shape(1, 4));
            private final Block body = child(GraphsAndPolicies.perceptron(2), 1, 10);

            @Override
            NDList run(Call call, NDList in) {
                NDArray angles = in.get(1).matMul(frequencies).mul(2 * Math.PI);
                NDArray features = NDArrays.concat(new NDList(in.get(0), angles.sin(), angles.cos()), 1);
                NDArray deviation = in.get(1).abs().add(0.1f);
                return new NDList(call.of(body, features).div(deviation));
            }
        };
    }

    private static Block energy(NDManager m) {
        return new BlockSketch(m) {
            private final Block body = child(GraphsAndPolicies.perceptron(5), 1, 6);

            @Override
            NDList run(Call call, NDList in) {
                NDArray y = call.of(body, in.head());
                NDArray largest = y.max(new int[] {1}, true);
                NDArray energy = largest.squeeze(1)
                        .add(y.sub(largest).exp().sum(new int[] {1}).log());
                return new NDList(energy.neg(), energy.gt(energy.mean()).toType(DataType.INT32, false));
            }
        };
    }
}
