package io.kanerva.exporter.outside;

import ai.djl.modality.cv.util.NDImageUtils;
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
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import java.util.ArrayList;
import java.util.List;

/** Networks for images: classification, detection, segmentation and their parts. */
final class Vision {
    private static final String MAPS = "x:float32[N,4,H,W]";

    private Vision() {}

    static List<OutsideBlock> all() {
        return List.of(
                images(OutsideBlock.of("squeeze and excitation", Origin.PAPERS, Vision::squeezeExcitation, MAPS)),
                images(OutsideBlock.of("MobileNetV3's block", Origin.PAPERS, Vision::mobile, MAPS)),
                images(OutsideBlock.of("ShuffleNet's channel shuffle", Origin.PAPERS, m -> shuffle(), MAPS)),
                images(OutsideBlock.of("convolutional block attention", Origin.PAPERS, Vision::attentionModule, MAPS)),
                images(OutsideBlock.of("non-local block", Origin.PAPERS, Vision::nonLocal, MAPS)),
                images(OutsideBlock.of("ConvNeXt's block", Origin.PAPERS, Vision::convNeXt, MAPS)),
                images(OutsideBlock.of("group normalisation from scratch", Origin.PAPERS, Vision::groupNorm, MAPS)),
                images(OutsideBlock.of("instance normalisation in place", Origin.HABITS, m -> instanceNorm(), MAPS)),
                images(OutsideBlock.of(
                        "adaptive instance normalisation",
                        Origin.PAPERS,
                        m -> adaptive(),
                        MAPS,
                        "style:float32[N,4,H,W]")),
                images(OutsideBlock.of("coordinates as channels", Origin.PAPERS, Vision::coordinates, MAPS)),
                images(OutsideBlock.of("global context", Origin.PAPERS, Vision::globalContext, MAPS)),
                OutsideBlock.of("shifted windows", Origin.PAPERS, Vision::shiftedWindows, "x:float32[N,8,12,4]"),
                OutsideBlock.of("MLP mixer", Origin.PAPERS, Vision::mixer, "x:float32[N,9,4]"),
                OutsideBlock.of("patch merging", Origin.PAPERS, Vision::merging, "x:float32[N,8,6,4]"),
                images(OutsideBlock.of("pyramid of poolings", Origin.PAPERS, Vision::pyramid, MAPS)),
                images(OutsideBlock.of("dilated pyramid", Origin.PAPERS, Vision::dilated, MAPS)),
                OutsideBlock.of(
                                "feature pyramid, nearest to the larger size",
                                Origin.PAPERS,
                                Vision::featurePyramid,
                                "x:float32[N,4,H,W]",
                                "small:float32[N,4,P,Q]")
                        .at("H", 7, 33, 16)
                        .at("W", 8, 5, 16)
                        .at("P", 3, 16, 8)
                        .at("Q", 4, 2, 8)
                        .at("N", 1, 2)
                        .with(o -> o.withOpset(18)),
                OutsideBlock.of("U-Net", Origin.PAPERS, m -> uNet(m, false), "x:float32[N,3,16,12]"),
                OutsideBlock.of(
                                "U-Net that crops its skips, any size",
                                Origin.PAPERS,
                                m -> uNet(m, true),
                                "x:float32[N,3,H,W]")
                        .within("H", 8, 128, 8, 33, 65)
                        .within("W", 8, 128, 9, 64, 31),
                OutsideBlock.of("pixel shuffle", Origin.PAPERS, m -> pixelShuffle(), MAPS)
                        .at("H", 1, 33, 5)
                        .at("W", 2, 5, 65),
                OutsideBlock.of("super-resolution", Origin.PAPERS, Vision::superResolution, "x:float32[N,3,H,W]")
                        .at("H", 1, 33, 5)
                        .at("W", 2, 5, 65),
                OutsideBlock.of("capsules with routing", Origin.PAPERS, Vision::capsules, "x:float32[N,6,4]"),
                OutsideBlock.of("bilinear pooling", Origin.PAPERS, m -> bilinearPooling(), MAPS)
                        .at("H", 1, 33, 5)
                        .at("W", 2, 5, 17),
                OutsideBlock.of("Gram matrix and total variation", Origin.BOOK, m -> styleLosses(), MAPS)
                        .within("H", 2, 64, 2, 33, 5)
                        .within("W", 2, 64, 2, 5, 17)
                        .at("N", 1, 2),
                OutsideBlock.of(
                        "siamese distance", Origin.PAPERS, Vision::siamese, "a:float32[N,1,9,9]", "b:float32[N,1,9,9]"),
                OutsideBlock.of("angular margin scores", Origin.PAPERS, Vision::arcFace, "x:float32[N,6]"),
                OutsideBlock.of(
                        "captcha with a head for each letter", Origin.DJL, Vision::captcha, "x:float32[N,1,12,20]"),
                OutsideBlock.of(
                                "convolutional recurrent text reader",
                                Origin.PAPERS,
                                Vision::textReader,
                                "x:float32[N,1,8,W]")
                        .within("W", 4, 200, 4, 33, 129),
                OutsideBlock.of("key points by the largest place", Origin.PAPERS, m -> keyPoints(), MAPS)
                        .at("H", 1, 9, 5)
                        .at("W", 2, 5, 17),
                OutsideBlock.of("key points by expectation", Origin.PAPERS, m -> softArgMax(), MAPS)
                        .within("H", 2, 64, 2, 9, 5)
                        .within("W", 2, 64, 2, 5, 17),
                OutsideBlock.of(
                                "bytes of an image to a normalised tensor",
                                Origin.DJL,
                                m -> LambdaBlock.singleton(x -> NDImageUtils.normalize(
                                        NDImageUtils.toTensor(x),
                                        new float[] {0.4f, 0.5f, 0.6f},
                                        new float[] {0.2f, 0.3f, 0.25f})),
                                "x:uint8[H,W,3]")
                        .reading("x", 0, 256),
                OutsideBlock.of(
                                "resize, crop the centre and flip",
                                Origin.DJL,
                                m -> LambdaBlock.singleton(
                                        x -> NDImageUtils.centerCrop(NDImageUtils.resize(x, 12, 10), 8, 8)
                                                .flip(1)),
                                "x:float32[H,W,3]")
                        .within("H", 12, 64, 12, 33, 64)
                        .within("W", 12, 64, 20, 13, 64)
                        .with(o -> o.withOpset(18)),
                OutsideBlock.of(
                                "batch of bytes, channels last",
                                Origin.HABITS,
                                m -> LambdaBlock.singleton(x -> x.toType(DataType.FLOAT32, false)
                                        .div(255f)
                                        .sub(0.5f)
                                        .transpose(0, 3, 1, 2)),
                                "x:uint8[N,H,W,3]")
                        .reading("x", 0, 256),
                OutsideBlock.of("classes of a segmentation", Origin.HABITS, Vision::segmentation, "x:float32[N,3,H,W]")
                        .within("H", 8, 64, 8, 33, 64)
                        .within("W", 8, 64, 9, 16, 64));
    }

    private static OutsideBlock images(OutsideBlock block) {
        return block.at("H", 1, 9, 32).at("W", 2, 33, 5).at("N", 1, 3, 2);
    }

    static Conv2d conv(int filters, int kernel) {
        return conv(filters, kernel, 1, 1, 1);
    }

    static Conv2d conv(int filters, int kernel, int stride, int groups, int dilation) {
        long padding = dilation * (kernel - 1) / 2;
        return Conv2d.builder()
                .setKernelShape(new Shape(kernel, kernel))
                .setFilters(filters)
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(padding, padding))
                .optDilation(new Shape(dilation, dilation))
                .optGroups(groups)
                .build();
    }

    private static Block squeezeExcitation(NDManager m) {
        return new BlockSketch(m) {
            private final Linear down = linear(4, 2);
            private final Linear up = linear(2, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray s = x.mean(new int[] {3}).mean(new int[] {2});
                s = Activation.sigmoid(call.of(up, Activation.relu(call.of(down, s))));
                return new NDList(
                        x.mul(s.reshape(x.getShape().get(0), x.getShape().get(1), 1, 1)));
            }
        };
    }

    private static NDArray hardSwish(NDArray x) {
        return x.mul(x.add(3).clip(0, 6)).div(6);
    }

    private static Block mobile(NDManager m) {
        return new BlockSketch(m) {
            private final Block expand = child(conv(8, 1), 1, 4, 8, 8);
            private final Block norm = child(BatchNorm.builder().build(), 1, 8, 8, 8);
            private final Block depth = child(conv(8, 3, 1, 8, 1), 1, 8, 8, 8);
            private final Block project = child(conv(4, 1), 1, 8, 8, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray y = hardSwish(call.of(norm, call.of(expand, x)));
                y = hardSwish(call.of(depth, y));
                NDArray pooled =
                        y.getNDArrayInternal().globalAvgPool().expandDims(-1).expandDims(-1);
                NDArray gate = pooled.add(3).minimum(6).maximum(0).div(6);
                return new NDList(call.of(project, y.mul(gate)).add(x));
            }
        };
    }

    private static Block shuffle() {
        return LambdaBlock.singleton(x -> {
            Shape s = x.getShape();
            return x.reshape(s.get(0), 2, s.get(1) / 2, s.get(2), s.get(3))
                    .swapAxes(1, 2)
                    .reshape(s);
        });
    }

    private static Block attentionModule(NDManager m) {
        return new BlockSketch(m) {
            private final Block mlp = child(
                    new SequentialBlock()
                            .add(Linear.builder().setUnits(2).build())
                            .add(Activation::relu)
                            .add(Linear.builder().setUnits(4).build()),
                    1,
                    4);
            private final Block spatial = child(conv(1, 7), 1, 2, 8, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray channels =
                        Activation.sigmoid(call.of(mlp, x.max(new int[] {3}).max(new int[] {2}))
                                .add(call.of(mlp, x.flatten(2, 3).mean(new int[] {2}))));
                NDArray y = x.mul(channels.expandDims(2).expandDims(3));
                NDArray both = NDArrays.concat(new NDList(y.max(new int[] {1}, true), y.mean(new int[] {1}, true)), 1);
                return new NDList(y.muli(Activation.sigmoid(call.of(spatial, both))));
            }
        };
    }

    private static Block nonLocal(NDManager m) {
        return new BlockSketch(m) {
            private final Block theta = child(conv(2, 1), 1, 4, 8, 8);
            private final Block phi = child(conv(2, 1), 1, 4, 8, 8);
            private final Block g = child(conv(4, 1), 1, 4, 8, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long n = x.size(0);
                NDArray q = call.of(theta, x).reshape(n, 2, -1).transpose(0, 2, 1);
                NDArray k = call.of(phi, x).reshape(n, 2, -1);
                NDArray v = call.of(g, x).reshape(n, 4, -1).transpose(0, 2, 1);
                NDArray y = q.matMul(k).softmax(-1).matMul(v).transpose(0, 2, 1).reshape(x.getShape());
                return new NDList(x.add(y));
            }
        };
    }

    private static Block convNeXt(NDManager m) {
        return new BlockSketch(m) {
            private final Block depth = child(conv(4, 7, 1, 4, 1), 1, 4, 8, 8);
            private final Block norm =
                    child(ai.djl.nn.norm.LayerNorm.builder().axis(3).build(), 1, 8, 8, 4);
            private final Linear up = linear(4, 9);
            private final Linear down = linear(9, 4);
            private final Parameter gamma = weight(4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(norm, call.of(depth, in.head()).transpose(0, 2, 3, 1));
                x = call.of(down, Activation.gelu(call.of(up, x))).mul(call.value(gamma, x));
                return new NDList(in.head().add(x.transpose(0, 3, 1, 2)));
            }
        };
    }

    private static Block groupNorm(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter gamma = weight(1, 4, 1, 1);
            private final Parameter beta = weight(1, 4, 1, 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                Shape shape = x.getShape();
                NDArray groups = x.reshape(shape.get(0), 2, shape.size() / shape.get(0) / 2);
                NDArray mean = groups.mean(new int[] {2}, true);
                NDArray variance = groups.sub(mean).pow(2).mean(new int[] {2}, true);
                NDArray y = groups.sub(mean).div(variance.add(1e-5).sqrt()).reshape(shape);
                return new NDList(y.mul(call.value(gamma, x)).add(call.value(beta, x)));
            }
        };
    }

    private static Block instanceNorm() {
        return LambdaBlock.singleton(input -> {
            NDArray x = input.duplicate();
            x.subi(x.sum(new int[] {2, 3}, true)
                    .div(x.getShape().get(2) * x.getShape().get(3)));
            NDArray variance = x.square().mean(new int[] {2}, true).mean(new int[] {3}, true);
            x.divi(variance.addi(1e-3).sqrt());
            return x;
        });
    }

    private static Block adaptive() {
        return new LambdaBlock(l -> {
            NDList statistics = new NDList();
            for (NDArray x : l) {
                NDArray flat = x.reshape(x.getShape().get(0), x.getShape().get(1), -1);
                NDArray mean = flat.mean(new int[] {-1}, true);
                statistics.add(mean.expandDims(-1));
                statistics.add(flat.sub(mean)
                        .square()
                        .mean(new int[] {-1}, true)
                        .add(1e-3f)
                        .sqrt()
                        .expandDims(-1));
            }
            NDArray normal = l.get(0).sub(statistics.get(0)).div(statistics.get(1));
            return new NDList(normal.mul(statistics.get(3)).add(statistics.get(2)));
        });
    }

    private static Block coordinates(NDManager m) {
        return new BlockSketch(m) {
            private final Block conv = child(conv(3, 3), 1, 6, 8, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long n = x.getShape().get(0);
                long h = x.getShape().get(2);
                long w = x.getShape().get(3);
                NDManager own = x.getManager();
                NDArray rows = own.arange((float) h).div(h).reshape(1, 1, h, 1).broadcast(new Shape(n, 1, h, w));
                NDArray columns =
                        own.arange((float) w).div(w).reshape(1, 1, 1, w).repeat(new long[] {n, 1, h, 1});
                return new NDList(call.of(conv, NDArrays.concat(new NDList(x, rows, columns), 1)));
            }
        };
    }

    private static Block globalContext(NDManager m) {
        return new BlockSketch(m) {
            private final Block mask = child(conv(1, 1), 1, 4, 8, 8);
            private final Linear transform = linear(4, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long n = x.getShape().get(0);
                NDArray weights = call.of(mask, x).reshape(n, 1, -1).softmax(2).swapAxes(1, 2);
                NDArray context = x.reshape(n, 4, -1).matMul(weights).squeeze(2);
                return new NDList(
                        x.add(call.of(transform, context).expandDims(-1).expandDims(-1)));
            }
        };
    }

    private static Block shiftedWindows(NDManager m) {
        return new BlockSketch(m) {
            private final Linear qkv = linear(4, 12);
            private final Parameter bias = weight(7 * 7, 1);
            private final NDArray index = manager.create(places(), new Shape(16, 16));

            private int[] places() {
                int[] places = new int[16 * 16];
                for (int i = 0; i < 16; i++) {
                    for (int j = 0; j < 16; j++) {
                        places[16 * i + j] = (i / 4 - j / 4 + 3) * 7 + i % 4 - j % 4 + 3;
                    }
                }
                return places;
            }

            private NDArray roll(NDArray x, int by, int axis) {
                String all = axis == 1 ? ":, " : ":, :, ";
                return NDArrays.concat(new NDList(x.get(all + by + ":"), x.get(all + ":" + by)), axis);
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long n = x.getShape().get(0);
                long h = x.getShape().get(1);
                long w = x.getShape().get(2);
                NDArray windows = roll(roll(x, 2, 1), 2, 2)
                        .reshape(n, h / 4, 4, w / 4, 4, 4)
                        .transpose(0, 1, 3, 2, 4, 5)
                        .reshape(-1, 16, 4);
                NDList parts = call.of(qkv, windows).split(3, 2);
                NDArray table = call.value(bias, x);
                NDArray biases = table.get(index.reshape(-1)).reshape(16, 16);
                NDArray scores =
                        parts.get(0).matMul(parts.get(1).swapAxes(1, 2)).div(2f).add(biases);
                NDArray y = scores.softmax(-1)
                        .matMul(parts.get(2))
                        .reshape(n, h / 4, w / 4, 4, 4, 4)
                        .transpose(0, 1, 3, 2, 4, 5)
                        .reshape(n, h, w, 4);
                return new NDList(roll(roll(y, -2, 1), -2, 2).add(x));
            }
        };
    }

    private static Block mixer(NDManager m) {
        return new BlockSketch(m) {
            private final Linear tokens = linear(9, 9);
            private final Linear channels = linear(4, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                x = x.add(Activation.gelu(call.of(tokens, x.swapAxes(1, 2))).swapAxes(1, 2));
                return new NDList(x.add(Activation.gelu(call.of(channels, x))).mean(new int[] {1}));
            }
        };
    }

    private static Block merging(NDManager m) {
        return new BlockSketch(m) {
            private final Linear reduce = linear(16, 6);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDList parts = new NDList();
                for (int i = 0; i < 2; i++) {
                    for (int j = 0; j < 2; j++) {
                        parts.add(x.get(new NDIndex(":, {}::2, {}::2, :", i, j)));
                    }
                }
                return new NDList(call.of(
                        reduce, NDArrays.concat(parts, -1).reshape(x.getShape().get(0), -1, 16)));
            }
        };
    }

    private static Block pyramid(NDManager m) {
        return BookNetworks.sketch(m, x -> {
            NDList parts = new NDList(x);
            for (int size : new int[] {3, 5}) {
                parts.add(Pool.maxPool2d(
                        x, new Shape(size, size), new Shape(1, 1), new Shape(size / 2, size / 2), false));
            }
            return NDArrays.concat(parts, 1);
        });
    }

    private static Block dilated(NDManager m) {
        return new BlockSketch(m) {
            private final List<Block> ways = new ArrayList<>();
            private final Block pooled = child(conv(2, 1), 1, 4, 1, 1);

            {
                for (int dilation : new int[] {1, 2, 3}) {
                    ways.add(child(conv(2, 3, 1, 1, dilation), 1, 4, 9, 9));
                }
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDList results = new NDList();
                ways.forEach(way -> results.add(call.of(way, x)));
                NDArray mean = call.of(pooled, x.mean(new int[] {2}, true).mean(new int[] {3}, true));
                results.add(mean.broadcast(new Shape(
                        x.getShape().get(0),
                        2,
                        x.getShape().get(2),
                        x.getShape().get(3))));
                return new NDList(NDArrays.concat(results, 1));
            }
        };
    }

    private static Block featurePyramid(NDManager m) {
        return new LambdaBlock(l -> {
            Shape larger = l.get(0).getShape();
            NDArray up =
                    l.get(1).getNDArrayInternal().interpolation(new long[] {larger.get(2), larger.get(3)}, 0, false);
            NDArray smooth =
                    l.get(1).getNDArrayInternal().interpolation(new long[] {larger.get(2), larger.get(3)}, 1, false);
            return new NDList(l.get(0).add(up), smooth);
        });
    }

    private static Block uNet(NDManager m, boolean isCropped) {
        return new BlockSketch(m) {
            private final Block enter = child(conv(4, 3), 1, 3, 8, 8);
            private final Block middle = child(conv(6, 3), 1, 4, 4, 4);
            private final Block bottom = child(conv(6, 3), 1, 6, 2, 2);
            private final Block leave = child(conv(4, 3), 1, 12, 4, 4);
            private final Block last = child(conv(2, 3), 1, 8, 8, 8);

            private NDArray down(NDArray x) {
                return Pool.maxPool2d(x, new Shape(2, 2), new Shape(2, 2), new Shape(0, 0), false);
            }

            private NDArray join(NDArray up, NDArray skip) {
                NDArray larger = up.repeat(2, 2).repeat(3, 2);
                if (isCropped) {
                    skip = skip.get(new NDIndex(
                            ":, :, :{}, :{}",
                            larger.getShape().get(2),
                            larger.getShape().get(3)));
                }
                return larger.concat(skip, 1);
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray first = Activation.relu(call.of(enter, in.head()));
                NDArray second = Activation.relu(call.of(middle, down(first)));
                NDArray third = Activation.relu(call.of(bottom, down(second)));
                NDArray y = Activation.relu(call.of(leave, join(third, second)));
                return new NDList(call.of(last, join(y, first)));
            }
        };
    }

    private static NDArray pixelShuffled(NDArray x) {
        Shape s = x.getShape();
        return x.reshape(s.get(0), s.get(1) / 4, 2, 2, s.get(2), s.get(3))
                .transpose(0, 1, 4, 2, 5, 3)
                .reshape(s.get(0), s.get(1) / 4, s.get(2) * 2, s.get(3) * 2);
    }

    private static Block pixelShuffle() {
        return LambdaBlock.singleton(Vision::pixelShuffled);
    }

    private static Block superResolution(NDManager m) {
        return new BlockSketch(m) {
            private final Block enter = child(conv(5, 3), 1, 3, 8, 8);
            private final Block leave = child(conv(12, 3), 1, 5, 8, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray larger = x.getNDArrayInternal()
                        .interpolation(
                                new long[] {
                                    x.getShape().get(2) * 2, x.getShape().get(3) * 2
                                },
                                3,
                                false);
                NDArray y = pixelShuffled(call.of(leave, Activation.leakyRelu(call.of(enter, x), 0.2f)));
                return new NDList(larger.add(y).clip(-2, 2));
            }
        };
    }

    private static NDArray squash(NDArray x) {
        NDArray square = x.square().sum(new int[] {-1}, true);
        return x.mul(square.div(square.add(1))).div(square.add(1e-6f).sqrt());
    }

    private static Block capsules(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter w = weight(1, 6, 3, 5, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray u = squash(in.head()).expandDims(2).expandDims(-1).repeat(2, 3);
                NDArray votes = call.value(w, u).matMul(u).squeeze(-1);
                NDArray b = votes.getManager().zeros(new Shape(votes.getShape().get(0), 6, 3, 1));
                NDArray v = null;
                for (int i = 0; i < 3; i++) {
                    NDArray c = b.softmax(2);
                    v = squash(c.mul(votes).sum(new int[] {1}, true));
                    if (i < 2) {
                        b = b.add(votes.mul(v).sum(new int[] {-1}, true));
                    }
                }
                return new NDList(v.squeeze(1), v.squeeze(1).norm(new int[] {-1}));
            }
        };
    }

    private static Block bilinearPooling() {
        return LambdaBlock.singleton(x -> {
            NDArray flat = x.flatten(2, 3);
            NDArray product =
                    flat.matMul(flat.transpose(0, 2, 1)).div(flat.size(2)).flatten(1, 2);
            NDArray root = product.sign().mul(product.abs().add(1e-6).sqrt());
            return root.normalize(2, 1, 1e-6);
        });
    }

    private static Block styleLosses() {
        return new LambdaBlock(l -> {
            NDArray x = l.head();
            long channels = x.getShape().get(1);
            long count = x.size() / channels;
            NDArray flat = x.reshape(channels, count);
            NDArray gram = flat.dot(flat.transpose()).div(channels * count);
            NDArray rows = x.get(":, :, 1:, :").sub(x.get(":, :, :-1, :")).abs().mean();
            NDArray columns =
                    x.get(":, :, :, 1:").sub(x.get(":, :, :, :-1")).abs().mean();
            return new NDList(gram, rows.add(columns).mul(0.5));
        });
    }

    private static Block siamese(NDManager m) {
        return new BlockSketch(m) {
            private final Block body = child(
                    new SequentialBlock().add(conv(3, 3)).add(Activation::relu).add(Pool.globalAvgPool2dBlock()),
                    1,
                    1,
                    9,
                    9);

            @Override
            NDList run(Call call, NDList in) {
                NDArray difference = call.of(body, in.get(0)).sub(call.of(body, in.get(1)));
                return new NDList(
                        difference.norm(new int[] {1}),
                        difference.abs().sum(new int[] {1}).neg().exp());
            }
        };
    }

    private static Block arcFace(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter weight = weight(5, 6);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head().normalize();
                NDArray w = call.value(weight, x).normalize(2, 1);
                NDArray cosine = x.matMul(w.transpose()).clip(-1 + 1e-4, 1 - 1e-4);
                return new NDList(cosine.acos().add(0.3).cos().mul(16));
            }
        };
    }

    private static Block captcha(NDManager m) {
        return new BlockSketch(m) {
            private final Block body = child(
                    new SequentialBlock()
                            .add(conv(3, 3, 2, 1, 1))
                            .add(Activation::relu)
                            .add(Pool.avgPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                            .add(ai.djl.nn.Blocks.batchFlattenBlock()),
                    1,
                    1,
                    12,
                    20);
            private final List<Linear> heads = List.of(linear(45, 4), linear(45, 4), linear(45, 4));

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(body, in.head());
                NDList result = new NDList();
                for (Linear head : heads) {
                    NDArray y = call.of(head, x);
                    y.setName("digit" + result.size());
                    result.add(y);
                }
                return result;
            }
        };
    }

    private static Block textReader(NDManager m) {
        return new BlockSketch(m) {
            private final Block body = child(
                    new SequentialBlock()
                            .add(conv(4, 3))
                            .add(BatchNorm.builder().build())
                            .add(Activation::relu)
                            .add(Pool.maxPool2dBlock(new Shape(8, 2), new Shape(8, 2))),
                    1,
                    1,
                    8,
                    16);
            private final Block rnn = child(
                    ai.djl
                            .nn
                            .recurrent
                            .LSTM
                            .builder()
                            .setStateSize(5)
                            .setNumLayers(1)
                            .optBatchFirst(false)
                            .build(),
                    1,
                    1,
                    4);
            private final Linear dense = linear(5, 6);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(body, in.head()).squeeze(2).transpose(2, 0, 1);
                return new NDList(call.of(dense, call.of(rnn, x)).logSoftmax(2));
            }
        };
    }

    private static Block keyPoints() {
        return new LambdaBlock(l -> {
            NDArray x = l.head();
            long width = x.getShape().get(3);
            NDArray flat = x.reshape(x.getShape().get(0), x.getShape().get(1), -1);
            NDArray place = flat.argMax(2);
            NDArray column = place.mod(width);
            NDArray row = place.sub(column).div(width);
            return new NDList(
                    NDArrays.stack(
                            new NDList(column.toType(DataType.FLOAT32, false), row.toType(DataType.FLOAT32, false)), 2),
                    flat.max(new int[] {2}));
        });
    }

    private static Block softArgMax() {
        return LambdaBlock.singleton(x -> {
            long h = x.getShape().get(2);
            long w = x.getShape().get(3);
            NDArray p = x.reshape(x.getShape().get(0), x.getShape().get(1), h * w)
                    .softmax(2)
                    .reshape(x.getShape());
            NDArray column = p.sum(new int[] {2})
                    .mul(x.getManager().linspace(0, 1, (int) w))
                    .sum(new int[] {2});
            NDArray row = p.sum(new int[] {3})
                    .mul(x.getManager().arange((float) h).div(h - 1))
                    .sum(new int[] {2});
            return NDArrays.stack(new NDList(column, row), -1);
        });
    }

    private static Block segmentation(NDManager m) {
        return new BlockSketch(m) {
            private final Block down = child(conv(4, 3, 4, 1, 1), 1, 3, 8, 8);
            private final Block classes = child(conv(3, 1), 1, 4, 2, 2);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray small = call.of(classes, Activation.relu(call.of(down, x)));
                NDArray scores = small.getNDArrayInternal()
                        .interpolation(
                                new long[] {x.getShape().get(2), x.getShape().get(3)}, 1, false);
                return new NDList(scores, scores.argMax(1).toType(DataType.UINT8, false));
            }
        };
    }
}
