package io.kanerva.exporter.outside;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.GhostBatchNorm;
import ai.djl.nn.pooling.Pool;
import java.util.List;
import java.util.function.UnaryOperator;

/** Blocks in which a size decides what is computed: cuts, chunks, buckets, tables, windows and short cuts. */
final class SizeBranches {
    private static final String MATRIX = "x:float32[N,T]";
    private static final String SEQUENCE = "x:float32[N,T,4]";

    private SizeBranches() {}

    static List<OutsideBlock> all() {
        return List.of(
                one("cut at 128 steps", MATRIX, x -> x.get(":, :" + Math.min(length(x), 128)))
                        .at("T", 1, 127, 128, 129, 400),
                one(
                                "cut at 64 steps, or at as many as there are sequences",
                                MATRIX,
                                x -> x.get(":, :"
                                        + Math.min(
                                                length(x), Math.max(x.getShape().get(0), 64))))
                        .at("N", 1, 63, 65, 80)
                        .at("T", 100, 70, 64, 100),
                one("a transform padded to a power of two", MATRIX, x -> {
                            long power = Long.highestOneBit(length(x));
                            return x.rfft(power < length(x) ? 2 * power : power).abs();
                        })
                        .at("T", 1, 5, 64, 65, 300),
                one(
                                "a penalty by the number of halvings",
                                MATRIX,
                                x -> x.sub((int) (Math.log(length(x)) / Math.log(2))))
                        .at("T", 1, 7, 8, 65, 1000),
                one("the last 512 steps of a context", SEQUENCE, x -> length(x) > 512 ? x.get(":, -512:") : x)
                        .at("T", 1, 511, 512, 513, 700),
                one("another formula for long inputs", MATRIX, x -> length(x) > 100 ? x.mul(2) : x.softmax(1))
                        .at("T", 1, 99, 100, 101, 300),
                one("softmax in chunks of 64, up to 200", MATRIX, x -> inChunks(x, 64))
                        .within("T", 1, 200, 1, 64, 65, 128, 129, 200),
                one("softmax in chunks of 64", MATRIX, x -> inChunks(x, 64))
                        .refused("more than 8", "it does something else in each of 32 ranges of sizes"),
                OutsideBlock.of(
                                "a batch norm of virtual batches, up to two of them",
                                Origin.DJL,
                                SizeBranches::ghost,
                                "x:float32[32*b,4]")
                        .with(o -> o.withDimensionLimit("b", 1, 2))
                        .refused("operations with", "the block returns another number of dimensions for two batches"),
                OutsideBlock.of("a batch norm of virtual batches", Origin.DJL, SizeBranches::ghost, "x:float32[N,4]")
                        .refused("withDimensionLimit(\"N\", 1, 32)", "beyond 32 it runs at some sizes only"),
                OutsideBlock.of(
                                "a batch norm of virtual batches, within one",
                                Origin.DJL,
                                SizeBranches::ghost,
                                "x:float32[N,4]")
                        .within("N", 1, 32, 1, 31, 32),
                OutsideBlock.of("learnt positions up to 512", Origin.PAPERS, SizeBranches::positions, SEQUENCE)
                        .at("T", 1, 511, 512),
                one("attention within a window, if there are more steps than it has", SEQUENCE, x -> window(x, 16))
                        .at("T", 1, 15, 16, 17, 60),
                one("a loss in chunks of 256 rows, up to 600", "x:float32[N,5]", x -> chunkedLoss(x, 256))
                        .within("N", 1, 600, 1, 256, 257, 512, 513, 600),
                one("windows of 64 after padding", MATRIX, x -> {
                            NDArray padded = x.pad(new Shape(0, (64 - length(x) % 64) % 64), 0);
                            return padded.reshape(x.getShape().get(0), -1, 64).max(new int[] {2});
                        })
                        .at("T", 1, 63, 64, 65, 200),
                one("padded to the next bucket", MATRIX, x -> x.pad(new Shape(0, bucket(length(x)) - length(x)), 0))
                        .within("T", 1, 1024, 1, 16, 17, 64, 65, 256, 257, 1000),
                one("a causal mask for more than one step only", SEQUENCE, SizeBranches::causal)
                        .at("T", 1, 2, 33),
                one(
                                "the last step, or the only one",
                                SEQUENCE,
                                x -> length(x) == 1 ? x : x.get(":, -1:").tanh())
                        .at("T", 1, 2, 65),
                one("short texts padded to the kernel", "x:float32[N,4,T]", x -> {
                            long t = x.getShape().get(2);
                            NDArray y = t < 5 ? x.pad(new Shape(0, 5 - t), 0) : x;
                            return Pool.maxPool1d(y, new Shape(5), new Shape(1), new Shape(0), false);
                        })
                        .at("T", 1, 4, 5, 6, 65),
                one("a pool as large as the image, at most 7", "x:float32[N,3,H,H]", x -> {
                            long k = Math.min(x.getShape().get(2), 7);
                            return Pool.avgPool2d(x, new Shape(k, k), new Shape(1, 1), new Shape(0, 0), false, true);
                        })
                        .refused("kernel must not depend", "ONNX fixes the size of a pool's kernel"),
                one(
                                "the five largest, or all",
                                MATRIX,
                                x -> x.topK((int) Math.min(5, length(x)), 1).head())
                        .at("T", 1, 4, 5, 6, 65),
                one("pooled by two until 32 are left", "x:float32[N,4,T]", x -> {
                            NDArray y = x;
                            while (y.getShape().get(2) > 32) {
                                y = Pool.avgPool1d(y, new Shape(2), new Shape(2), new Shape(0), false, true);
                            }
                            return y;
                        })
                        .at("T", 1, 32, 33, 65, 66, 300, 1500),
                one("the standard error, for small samples with a correction", "x:float32[N,3]", x -> {
                            long n = x.getShape().get(0);
                            NDArray d = x.sub(x.mean(new int[] {0}, true));
                            NDArray s = d.square().mean(new int[] {0}).sqrt();
                            return n < 30 ? s.mul(1 + 0.25 / n) : s;
                        })
                        .at("N", 2, 29, 30, 31, 100),
                one(
                                "a learning signal that fades after 1000 steps",
                                MATRIX,
                                x -> x.mul(length(x) > 1000 ? 1000.0 / length(x) : 1))
                        .at("T", 1, 999, 1000, 1001, 1500),
                one(
                                "single images without a batch",
                                "x:float32[N,3]",
                                x -> x.getShape().get(0) == 1 ? x.squeeze(0) : x)
                        .refused("of rank 1 up to N=1", "the number of dimensions depends on the size"),
                one(
                                "large images halved first",
                                "x:float32[N,3,H,W]",
                                x -> x.getShape().get(2) * x.getShape().get(3) > 1024
                                        ? Pool.avgPool2d(
                                                x, new Shape(2, 2), new Shape(2, 2), new Shape(0, 0), false, true)
                                        : x)
                        .at("H", 2, 32, 33, 64)
                        .at("W", 600, 32, 32, 17),
                OutsideBlock.of(
                                "a sinusoidal table made in Java for each length",
                                Origin.HABITS,
                                m -> LambdaBlock.singleton(x -> x.add(sinusoids(x))),
                                SEQUENCE)
                        .at("T", 1, 33, 513),
                OutsideBlock.of(
                                "buckets of relative positions made in Java",
                                Origin.PAPERS,
                                SizeBranches::relative,
                                "x:float32[N,T,T]")
                        .at("T", 1, 33, 100),
                one(
                                "reversed by indices",
                                MATRIX,
                                x -> x.get(new NDIndex(":, {}", x.getManager().arange((int) length(x) - 1, -1, -1))))
                        .at("T", 1, 2, 65),
                one("reversed by a matrix", MATRIX, x -> x.dot(reversal(x))).at("T", 1, 2, 65),
                one("each step times its share of the length", MATRIX, x -> {
                            NDList steps = new NDList();
                            for (int i = 0; i < length(x); i++) {
                                steps.add(x.get(":, " + i).mul((float) i / length(x)));
                            }
                            return NDArrays.stack(steps, 1);
                        })
                        .at("T", 1, 2, 33, 65),
                one("times shares of the length made in Java", MATRIX, x -> {
                            float[] shares = new float[(int) length(x)];
                            for (int i = 0; i < shares.length; i++) {
                                shares[i] = (float) i / shares.length;
                            }
                            return x.mul(x.getManager().create(shares));
                        })
                        .at("T", 1, 2, 33, 65),
                one("every second step kept by a Java mask", MATRIX, x -> {
                            boolean[] kept = new boolean[(int) length(x)];
                            for (int i = 0; i < kept.length; i += 2) {
                                kept[i] = true;
                            }
                            return x.mul(x.getManager().create(kept).toType(DataType.FLOAT32, false));
                        })
                        .at("T", 1, 2, 33, 65),
                OutsideBlock.of(
                                "an expert for long and one for short inputs",
                                Origin.PAPERS,
                                SizeBranches::experts,
                                SEQUENCE)
                        .at("T", 1, 20, 21, 65));
    }

    private static OutsideBlock one(String name, String input, UnaryOperator<NDArray> function) {
        return OutsideBlock.of(name, Origin.HABITS, m -> LambdaBlock.singleton(function), input);
    }

    private static long length(NDArray x) {
        return x.getShape().get(1);
    }

    private static Block ghost(NDManager m) {
        Block block = GhostBatchNorm.builder().optVirtualBatchSize(32).build();
        block.initialize(m, DataType.FLOAT32, new Shape(64, 4));
        return block;
    }

    private static NDArray inChunks(NDArray x, long size) {
        NDList chunks = new NDList();
        for (long from = 0; from < length(x); from += size) {
            chunks.add(x.get(":, {}:{}", from, Math.min(length(x), from + size)).softmax(1));
        }
        return NDArrays.concat(chunks, 1);
    }

    private static NDArray chunkedLoss(NDArray x, long size) {
        long n = x.getShape().get(0);
        NDArray sum = null;
        for (long from = 0; from < n; from += size) {
            NDArray rows = x.get("{}:{}", from, Math.min(n, from + size));
            NDArray loss = rows.logSoftmax(1).get(":, 0").neg().sum();
            sum = sum == null ? loss : sum.add(loss);
        }
        return sum.div(n);
    }

    private static long bucket(long length) {
        for (long size : new long[] {16, 64, 256}) {
            if (length <= size) {
                return size;
            }
        }
        return 1024;
    }

    private static NDArray window(NDArray x, long size) {
        NDArray scores = x.matMul(x.transpose(0, 2, 1));
        long t = length(x);
        if (t > size) {
            NDArray places = x.getManager().arange((float) t);
            NDArray distance = places.expandDims(1).sub(places.expandDims(0)).abs();
            scores = scores.add(
                    distance.gte(size).toType(DataType.FLOAT32, false).mul(-1e9));
        }
        return scores.softmax(-1).matMul(x);
    }

    private static NDArray causal(NDArray x) {
        NDArray scores = x.matMul(x.transpose(0, 2, 1));
        long t = length(x);
        if (t > 1) {
            NDArray places = x.getManager().arange((float) t);
            NDArray later = places.expandDims(0).gt(places.expandDims(1));
            scores = scores.add(later.toType(DataType.FLOAT32, false).mul(-1e9));
        }
        return scores.softmax(-1).matMul(x);
    }

    private static Block positions(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter table = weight(512, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                return new NDList(x.add(call.value(table, x).get(":{}", length(x))));
            }
        };
    }

    private static NDArray sinusoids(NDArray x) {
        int t = (int) length(x);
        float[] values = new float[4 * t];
        for (int i = 0; i < t; i++) {
            for (int k = 0; k < 2; k++) {
                double angle = i / Math.pow(100, k / 2.0);
                values[4 * i + 2 * k] = (float) Math.sin(angle);
                values[4 * i + 2 * k + 1] = (float) Math.cos(angle);
            }
        }
        return x.getManager().create(values, new Shape(t, 4));
    }

    private static Block relative(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter bias = weight(8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                int t = (int) length(x);
                int[] buckets = new int[t * t];
                for (int i = 0; i < t; i++) {
                    for (int j = 0; j < t; j++) {
                        int distance = Math.abs(i - j);
                        buckets[i * t + j] =
                                distance < 4 ? distance : Math.min(7, 2 + (int) (Math.log(distance) / Math.log(2)));
                    }
                }
                NDArray places = x.getManager().create(buckets, new Shape(t, t));
                return new NDList(x.add(call.value(bias, x).get(places)));
            }
        };
    }

    private static NDArray reversal(NDArray x) {
        int t = (int) length(x);
        float[] values = new float[t * t];
        for (int i = 0; i < t; i++) {
            values[i * t + t - 1 - i] = 1;
        }
        return x.getManager().create(values, new Shape(t, t));
    }

    private static Block experts(NDManager m) {
        return new BlockSketch(m) {
            private final Linear small = linear(4, 4);
            private final Linear large = linear(4, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                return new NDList(call.of(length(x) > 20 ? large : small, x).tanh());
            }
        };
    }
}
