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
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.core.SparseMax;
import ai.djl.nn.norm.BatchNorm;
import java.util.ArrayList;
import java.util.List;

/** Front ends for sound, labelling of sequences, detection by boxes, recommenders and tables. */
final class SignalsAndTables {
    private SignalsAndTables() {}

    static List<OutsideBlock> all() {
        String sound = "x:float32[N,64]";
        return List.of(
                OutsideBlock.of(
                        "pre-emphasis",
                        Origin.HABITS,
                        m -> LambdaBlock.singleton(x -> x.get(":, :1")
                                .concat(x.get(":, 1:").sub(x.get(":, :-1").mul(0.97f)), 1)),
                        "x:float32[N,T]"),
                OutsideBlock.of(
                        "frames by positions", Origin.HABITS, m -> LambdaBlock.singleton(x -> frames(x)), sound),
                OutsideBlock.of(
                        "spectrogram by Fourier transform",
                        Origin.DJL,
                        m -> LambdaBlock.singleton(x -> frames(x)
                                .mul(hann(x.getManager()))
                                .rfft(16)
                                .abs()
                                .square()),
                        sound),
                OutsideBlock.of(
                        "spectrogram by the engine's stft",
                        Origin.DJL,
                        m -> LambdaBlock.singleton(x -> x.stft(16, 8, true, hann(x.getManager()), false, true)
                                .abs()),
                        sound),
                OutsideBlock.of("mel filters and logarithm", Origin.DJL, SignalsAndTables::mel, sound),
                OutsideBlock.of("cepstral coefficients", Origin.HABITS, SignalsAndTables::cepstrum, sound),
                OutsideBlock.of(
                                "raw waveform by strided convolutions",
                                Origin.PAPERS,
                                SignalsAndTables::waveform,
                                "x:float32[N,T]")
                        .within("T", 20, 600, 20, 129, 513)
                        .at("N", 1, 3),
                OutsideBlock.of("sinc filters", Origin.PAPERS, SignalsAndTables::sinc, "x:float32[N,1,T]")
                        .within("T", 9, 300, 9, 129, 200),
                OutsideBlock.of("level and silence", Origin.HABITS, m -> level(), "x:float32[N,T]"),
                OutsideBlock.of("statistics pooling", Origin.PAPERS, m -> statistics(), "x:float32[N,4,T]")
                        .at("T", 2, 65, 129),
                OutsideBlock.of("deltas with repeated ends", Origin.HABITS, m -> deltas(), "x:float32[N,T,3]"),
                OutsideBlock.of(
                        "conditional random field's normaliser, five steps",
                        Origin.PAPERS,
                        SignalsAndTables::randomField,
                        "x:float32[N,5,3]"),
                OutsideBlock.of(
                        "conditional random field's normaliser",
                        Origin.PAPERS,
                        SignalsAndTables::randomField,
                        "x:float32[N,T,3]"),
                OutsideBlock.of("Viterbi's best path", Origin.PAPERS, SignalsAndTables::viterbi, "x:float32[N,T,3]"),
                OutsideBlock.of(
                        "Viterbi's best path, four steps",
                        Origin.PAPERS,
                        SignalsAndTables::viterbi,
                        "x:float32[N,4,3]"),
                OutsideBlock.of(
                                "score of a tagged sequence",
                                Origin.PAPERS,
                                SignalsAndTables::tagScore,
                                "x:float32[N,T,3]",
                                "tags:int64[N,T]")
                        .reading("tags", 0, 3)
                        .at("T", 2, 65, 10),
                OutsideBlock.of(
                        "greedy labels without repeats", Origin.PAPERS, m -> greedyLabels(), "x:float32[N,T,4]"),
                OutsideBlock.of(
                        "overlap of boxes",
                        Origin.BOOK,
                        m -> new LambdaBlock(l -> new NDList(overlap(l.get(0), l.get(1)))),
                        "a:float32[A,4]",
                        "b:float32[B,4]"),
                OutsideBlock.of("corners to centres and back", Origin.BOOK, m -> corners(), "x:float32[N,4]"),
                OutsideBlock.of(
                        "boxes from offsets",
                        Origin.BOOK,
                        m -> offsets(),
                        "anchors:float32[A,4]",
                        "offsets:float32[A,4]"),
                OutsideBlock.of("anchors at every pixel", Origin.BOOK, m -> anchors(), "x:float32[1,3,H,W]")
                        .at("H", 1, 9, 5)
                        .at("W", 2, 5, 17),
                OutsideBlock.of(
                                "single-shot heads, flattened and joined",
                                Origin.BOOK,
                                SignalsAndTables::singleShot,
                                "x:float32[N,3,H,W]")
                        .within("H", 8, 64, 8, 17, 32)
                        .within("W", 8, 64, 9, 33, 16)
                        .at("N", 1, 2),
                OutsideBlock.of("YOLO's boxes from a grid", Origin.DJL, SignalsAndTables::yolo, "x:float32[N,16,H,W]")
                        .at("H", 1, 9, 5)
                        .at("W", 2, 5, 17),
                OutsideBlock.of(
                                "suppression of overlapping boxes in Java",
                                Origin.BOOK,
                                m -> suppression(),
                                "boxes:float32[A,4]",
                                "scores:float32[A]")
                        .refused("reads the values", "the boxes that remain are chosen in Java by their values"),
                OutsideBlock.of(
                                "best boxes by score",
                                Origin.HABITS,
                                m -> bestBoxes(),
                                "boxes:float32[N,A,4]",
                                "scores:float32[N,A]")
                        .within("A", 5, 300, 5, 33, 129)
                        .at("N", 1, 2),
                OutsideBlock.of(
                                "two towers",
                                Origin.PAPERS,
                                SignalsAndTables::towers,
                                "user:int64[N]",
                                "item:int64[N,T]")
                        .reading("user", 0, 9)
                        .reading("item", 0, 9),
                OutsideBlock.of("DeepFM", Origin.PAPERS, SignalsAndTables::deepFm, "ids:int64[N,4]", "x:float32[N,3]")
                        .reading("ids", 0, 9),
                OutsideBlock.of("cross network", Origin.PAPERS, SignalsAndTables::cross, "x:float32[N,5]"),
                OutsideBlock.of(
                                "interest network with padding",
                                Origin.PAPERS,
                                SignalsAndTables::interest,
                                "history:int64[N,T]",
                                "item:int64[N]")
                        .reading("history", 0, 9)
                        .reading("item", 1, 9),
                OutsideBlock.of("autoencoder of ratings", Origin.BOOK, SignalsAndTables::ratings, "x:float32[N,7]"),
                OutsideBlock.of(
                                "neural matrix factorisation",
                                Origin.BOOK,
                                SignalsAndTables::neuralFactors,
                                "user:int64[N]",
                                "item:int64[N]")
                        .reading("user", 0, 9)
                        .reading("item", 0, 9),
                OutsideBlock.of(
                                "sequence by convolutions of rows and columns",
                                Origin.BOOK,
                                SignalsAndTables::caser,
                                "items:int64[N,5]")
                        .reading("items", 0, 9),
                OutsideBlock.of(
                                "bags of ids with offsets as mask",
                                Origin.HABITS,
                                SignalsAndTables::bags,
                                "ids:int32[N,T]")
                        .reading("ids", 0, 9),
                OutsideBlock.of(
                                "feature selection by sparse masks",
                                Origin.DJL,
                                SignalsAndTables::tabNet,
                                "x:float32[N,5]")
                        .tolerating(1e-3),
                OutsideBlock.of("soft decision trees", Origin.PAPERS, SignalsAndTables::trees, "x:float32[N,5]"),
                OutsideBlock.of(
                                "numbers and categories of a row",
                                Origin.HABITS,
                                SignalsAndTables::row,
                                "x:float64[N,3]",
                                "kind:int32[N,2]")
                        .reading("kind", 0, 4),
                OutsideBlock.of(
                        "kernel machine with stored vectors",
                        Origin.HABITS,
                        SignalsAndTables::kernelMachine,
                        "x:float32[N,3]"),
                OutsideBlock.of("polynomial features", Origin.HABITS, m -> polynomial(), "x:float32[N,3]"),
                OutsideBlock.of(
                        "standardised, projected to components",
                        Origin.HABITS,
                        SignalsAndTables::components,
                        "x:float32[N,4]"),
                OutsideBlock.of("ranking by pairs in the batch", Origin.HABITS, m -> ranking(), "x:float32[N]"));
    }

    private static NDArray frames(NDArray x) {
        NDManager manager = x.getManager();
        NDArray places =
                manager.arange(0, 49, 8, DataType.INT64).reshape(-1, 1).add(manager.arange(0, 16, 1, DataType.INT64));
        return x.transpose()
                .get(places.flatten())
                .transpose()
                .reshape(x.getShape().get(0), -1, 16);
    }

    private static NDArray hann(NDManager manager) {
        return manager.arange(16f).mul(2 * Math.PI / 16).cos().mul(-0.5f).add(0.5f);
    }

    private static NDArray filters(NDManager m) {
        float[] values = new float[9 * 5];
        for (int i = 0; i < 9; i++) {
            for (int j = 0; j < 5; j++) {
                values[5 * i + j] = Math.max(0, 1 - Math.abs(i / 2f - j));
            }
        }
        return m.create(values, new Shape(9, 5));
    }

    private static Block mel(NDManager m) {
        NDArray filters = filters(m);
        NDArray window = hann(m);
        return LambdaBlock.singleton(x -> {
            NDArray power = frames(x).mul(window).rfft(16).abs().square();
            return power.matMul(filters).maximum(1e-3f).log10().mul(10);
        });
    }

    private static Block cepstrum(NDManager m) {
        NDArray filters = filters(m);
        NDArray k = m.arange(3f).expandDims(1);
        NDArray cosines = k.mul(m.arange(5f).add(0.5f)).mul(Math.PI / 5).cos();
        cosines.attach(m);
        return LambdaBlock.singleton(x -> {
            NDArray f = frames(x.sub(x.mean(new int[] {1}, true))).rfft(16).abs();
            return f.matMul(filters).add(1e-2f).log().matMul(cosines.transpose());
        });
    }

    private static Block waveform(NDManager m) {
        return new BlockSketch(m) {
            private final Conv1d first = child(conv(4, 5, 2), 1, 1, 64);
            private final Conv1d second = child(conv(3, 3, 2), 1, 4, 30);
            private final BatchNorm norm = child(BatchNorm.builder().build(), 1, 4, 30);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head().expandDims(1);
                x = Activation.gelu(call.of(norm, call.of(first, x)));
                return new NDList(call.of(second, x).swapAxes(1, 2));
            }
        };
    }

    private static Conv1d conv(int filters, int kernel, int stride) {
        return Conv1d.builder()
                .setKernelShape(new Shape(kernel))
                .setFilters(filters)
                .optStride(new Shape(stride))
                .build();
    }

    private static Block sinc(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter low = weight(3, 1);
            private final NDArray t = manager.arange(-4f, 5f, 1f).reshape(1, 9);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray f = call.value(low, x).abs().add(0.1f);
                NDArray phase = f.matMul(t).mul(2 * (float) Math.PI);
                NDArray isZero = phase.abs().lt(1e-6f);
                NDArray safe = NDArrays.where(isZero, phase.onesLike(), phase);
                NDArray kernel =
                        NDArrays.where(isZero, phase.onesLike(), safe.sin().div(safe));
                return Conv1d.conv1d(x, kernel.reshape(3, 1, 9), null, new Shape(1), new Shape(4));
            }
        };
    }

    private static Block level() {
        return new LambdaBlock(l -> {
            NDArray x = l.head();
            NDArray rms = x.square().mean(new int[] {1}).sqrt();
            NDArray decibels = rms.maximum(1e-6).log10().mul(20);
            NDArray isLoud = x.abs().gt(rms.expandDims(1).mul(0.5));
            return new NDList(
                    decibels, isLoud, isLoud.toType(DataType.FLOAT32, false).mean(new int[] {1}));
        });
    }

    private static Block statistics() {
        return LambdaBlock.singleton(x -> {
            NDArray mean = x.mean(new int[] {2});
            long count = x.getShape().get(2);
            NDArray variance =
                    x.sub(mean.expandDims(2)).square().sum(new int[] {2}).div(count - 1);
            return mean.concat(variance.maximum(1e-10).sqrt(), 1);
        });
    }

    private static Block deltas() {
        return LambdaBlock.singleton(x -> {
            NDArray padded = NDArrays.concat(new NDList(x.get(":, :1"), x, x.get(":, -1:")), 1);
            long steps = x.getShape().get(1);
            NDArray d = padded.get(":, 2:" + (steps + 2))
                    .sub(padded.get(":, 0:" + steps))
                    .div(2);
            return x.concat(d, -1);
        });
    }

    private static NDArray logSumExp(NDArray x, int axis) {
        NDArray most = x.max(new int[] {axis}, true);
        return x.sub(most).exp().sum(new int[] {axis}, true).log().add(most).squeeze(axis);
    }

    private static Block randomField(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter transitions = weight(3, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray alpha = x.get(":, 0");
                for (long t = 1; t < x.getShape().get(1); t++) {
                    NDArray scores = alpha.expandDims(2)
                            .add(call.value(transitions, x).expandDims(0))
                            .add(x.get(":, {}", t).expandDims(1));
                    alpha = logSumExp(scores, 1);
                }
                return new NDList(logSumExp(alpha, 1));
            }
        };
    }

    private static Block viterbi(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter transitions = weight(3, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long steps = x.getShape().get(1);
                NDArray score = x.get(":, 0");
                NDList pointers = new NDList();
                for (long t = 1; t < steps; t++) {
                    NDArray all = score.expandDims(2).add(call.value(transitions, x));
                    pointers.add(all.argMax(1));
                    score = all.max(new int[] {1}).add(x.get(":, {}", t));
                }
                NDArray tag = score.argMax(1).expandDims(1);
                NDList path = new NDList(tag);
                for (int t = pointers.size() - 1; t >= 0; t--) {
                    tag = pointers.get(t).gather(tag, 1);
                    path.add(0, tag);
                }
                return new NDList(NDArrays.concat(path, 1));
            }
        };
    }

    private static Block tagScore(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter transitions = weight(3, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray tags = in.get(1);
                NDArray emission =
                        in.get(0).gather(tags.expandDims(2), 2).squeeze(2).sum(new int[] {1});
                NDArray pair = tags.get(":, :-1").mul(3).add(tags.get(":, 1:"));
                NDArray table = call.value(transitions, tags).flatten();
                return new NDList(emission.add(
                        table.get(pair.flatten()).reshape(pair.getShape()).sum(new int[] {1})));
            }
        };
    }

    private static Block greedyLabels() {
        return new LambdaBlock(l -> {
            NDArray best = l.head().argMax(2);
            NDArray before = best.get(":, :1").onesLike().neg().concat(best.get(":, :-1"), 1);
            NDArray isKept = best.neq(before).logicalAnd(best.neq(0));
            NDArray labels = NDArrays.where(isKept, best, best.onesLike().neg());
            return new NDList(labels, isKept.toType(DataType.INT64, false).sum(new int[] {1}));
        });
    }

    private static NDArray overlap(NDArray a, NDArray b) {
        NDArray low = NDArrays.maximum(a.get(":, :2").expandDims(1), b.get(":, :2"));
        NDArray high = NDArrays.minimum(a.get(":, 2:").expandDims(1), b.get(":, 2:"));
        NDArray inner = high.sub(low).clip(0, Float.MAX_VALUE).prod(new int[] {2});
        NDArray areas = a.get(":, 2")
                .sub(a.get(":, 0"))
                .mul(a.get(":, 3").sub(a.get(":, 1")))
                .abs()
                .expandDims(1);
        NDArray others = b.get(":, 2:").sub(b.get(":, :2")).prod(new int[] {1}).abs();
        return inner.div(areas.add(others).sub(inner).abs().add(1e-3));
    }

    private static Block corners() {
        return LambdaBlock.singleton(x -> {
            NDList c = x.split(4, 1);
            NDArray centre = NDArrays.concat(
                    new NDList(
                            c.get(0).add(c.get(2)).div(2),
                            c.get(1).add(c.get(3)).div(2),
                            c.get(2).sub(c.get(0)),
                            c.get(3).sub(c.get(1))),
                    1);
            NDArray half = centre.get(":, 2:").mul(0.5);
            return centre.get(":, :2")
                    .sub(half)
                    .concat(centre.get(":, :2").add(half), 1)
                    .sub(x)
                    .add(centre);
        });
    }

    private static Block offsets() {
        return new LambdaBlock(l -> {
            NDArray a = l.get(0);
            NDArray o = l.get(1);
            NDArray place = o.get(":, :2").mul(a.get(":, 2:")).div(10).add(a.get(":, :2"));
            NDArray size = o.get(":, 2:").div(5).exp().mul(a.get(":, 2:"));
            NDArray result = a.zerosLike();
            result.set(new NDIndex(":, :2"), place);
            result.set(new NDIndex(":, 2:"), size);
            return new NDList(result);
        });
    }

    private static Block anchors() {
        return LambdaBlock.singleton(x -> {
            NDManager manager = x.getManager();
            long h = x.getShape().get(2);
            long w = x.getShape().get(3);
            NDArray rows = manager.arange((float) h).add(0.5f).div(h);
            NDArray columns = manager.arange((float) w).add(0.5f).div(w);
            NDArray y = rows.repeat(w);
            NDArray across = columns.tile(h);
            NDArray centres =
                    NDArrays.stack(new NDList(across, y, across, y), 1).repeat(0, 2);
            NDArray sizes =
                    manager.create(new float[] {-0.1f, -0.1f, 0.1f, 0.1f, -0.2f, -0.15f, 0.2f, 0.15f}, new Shape(2, 4));
            return sizes.tile(new long[] {h * w, 1})
                    .add(centres)
                    .expandDims(0)
                    .add(x.mean().mul(0));
        });
    }

    private static Block singleShot(NDManager m) {
        return new BlockSketch(m) {
            private final List<Block> bodies = List.of(
                    child(Vision.conv(4, 3, 2, 1, 1), 1, 3, 8, 8), child(Vision.conv(4, 3, 2, 1, 1), 1, 4, 4, 4));
            private final List<Block> classes =
                    List.of(child(Vision.conv(6, 3), 1, 4, 4, 4), child(Vision.conv(6, 3), 1, 4, 2, 2));

            private NDArray flattened(NDArray x) {
                return x.transpose(0, 2, 3, 1).reshape(x.size(0), -1);
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDList found = new NDList();
                for (int i = 0; i < bodies.size(); i++) {
                    x = Activation.relu(call.of(bodies.get(i), x));
                    found.add(flattened(call.of(classes.get(i), x)));
                }
                NDArray joined = NDArrays.concat(found, 1);
                return new NDList(joined.reshape(joined.size(0), -1, 3).softmax(2));
            }
        };
    }

    private static Block yolo(NDManager m) {
        return new BlockSketch(m) {
            private final NDArray anchors = manager.create(new float[] {1, 2, 2, 1}, new Shape(1, 2, 2, 1, 1));

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long n = x.getShape().get(0);
                long h = x.getShape().get(2);
                long w = x.getShape().get(3);
                NDArray y = x.reshape(n, 2, 8, h, w);
                NDManager own = x.getManager();
                NDArray column = own.arange((float) w).reshape(1, 1, 1, 1, w).tile(new long[] {1, 1, 1, h, 1});
                NDArray row = own.arange((float) h).reshape(1, 1, 1, h, 1).tile(new long[] {1, 1, 1, 1, w});
                NDArray centres =
                        Activation.sigmoid(y.get(":, :, :2")).add(NDArrays.concat(new NDList(column, row), 2));
                NDArray sizes = y.get(":, :, 2:4").exp().mul(anchors);
                NDArray rest = Activation.sigmoid(y.get(":, :, 4:"));
                NDArray all = NDArrays.concat(new NDList(centres.mul(32), sizes, rest), 2);
                return new NDList(all.transpose(0, 1, 3, 4, 2).reshape(n, -1, 8));
            }
        };
    }

    private static Block suppression() {
        return new LambdaBlock(l -> {
            NDArray order = l.get(1).argSort(0, false);
            List<Long> kept = new ArrayList<>();
            for (long place : order.toLongArray()) {
                kept.add(place);
            }
            return new NDList(l.get(0).get(kept.get(0)));
        });
    }

    private static Block bestBoxes() {
        return new LambdaBlock(l -> {
            NDList top = l.get(1).topK(4, 1);
            NDArray places = top.get(1).expandDims(2).repeat(2, 4);
            return new NDList(l.get(0).gather(places, 1), top.get(0));
        });
    }

    private static Block towers(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter users = weight(9, 4);
            private final Parameter items = weight(9, 4);
            private final Linear user = linear(4, 3);
            private final Linear item = linear(4, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray u = call.of(user, call.value(users, in.head()).get(in.get(0)))
                        .normalize(2, 1);
                NDArray i = call.of(item, call.value(items, in.head()).get(in.get(1)))
                        .normalize(2, 2);
                NDArray scores = i.matMul(u.expandDims(2)).squeeze(2).div(0.1f);
                return new NDList(scores, scores.sort(1));
            }
        };
    }

    private static Block deepFm(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter table = weight(9, 3);
            private final Parameter first = weight(9);
            private final Block deep = child(GraphsAndPolicies.perceptron(1), 1, 15);

            @Override
            NDList run(Call call, NDList in) {
                NDArray ids = in.get(0);
                NDArray e = call.value(table, ids).get(ids);
                NDArray pairs = e.sum(new int[] {1})
                        .pow(2)
                        .sub(e.pow(2).sum(new int[] {1}))
                        .sum(new int[] {1}, true)
                        .div(2);
                NDArray wide = call.value(first, ids).get(ids).sum(new int[] {1}, true);
                NDArray all = e.reshape(ids.getShape().get(0), -1).concat(in.get(1), 1);
                return new NDList(Activation.sigmoid(NDArrays.add(pairs, wide, call.of(deep, all)))
                        .squeeze(-1));
            }
        };
    }

    private static Block cross(NDManager m) {
        return new BlockSketch(m) {
            private final List<Parameter> weights = List.of(weight(5, 1), weight(5, 1));
            private final List<Parameter> biases = List.of(weight(5), weight(5));

            @Override
            NDList run(Call call, NDList in) {
                NDArray start = in.head();
                NDArray x = start;
                for (int i = 0; i < 2; i++) {
                    x = start.mul(x.dot(call.value(weights.get(i), x)))
                            .add(call.value(biases.get(i), x))
                            .add(x);
                }
                return new NDList(x);
            }
        };
    }

    private static Block interest(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter table = weight(9, 3);
            private final Block attention = child(GraphsAndPolicies.perceptron(1), 1, 12);

            @Override
            NDList run(Call call, NDList in) {
                NDArray history = in.get(0);
                NDArray all = call.value(table, history);
                NDArray h = all.get(history);
                NDArray item = all.get(in.get(1)).expandDims(1).broadcast(h.getShape());
                NDArray both = NDArrays.concat(new NDList(h, item, h.sub(item), h.mul(item)), -1);
                NDArray scores = call.of(attention, both).squeeze(-1);
                NDArray isReal = history.neq(0).toType(DataType.FLOAT32, false);
                scores = scores.add(isReal.sub(1).mul(1e9f));
                NDArray weights = scores.softmax(1).expandDims(1);
                return new NDList(weights.batchMatMul(h).squeeze(1));
            }
        };
    }

    private static Block ratings(NDManager m) {
        return new BlockSketch(m) {
            private final Linear encoder = linear(7, 3);
            private final Linear decoder = linear(3, 7);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray y = call.of(decoder, Activation.sigmoid(call.of(encoder, x)));
                return new NDList(call.isTraining() ? y.mul(x.sign()) : y);
            }
        };
    }

    private static Block neuralFactors(NDManager m) {
        return new BlockSketch(m) {
            private final List<Parameter> tables = List.of(weight(9, 3), weight(9, 3), weight(9, 3), weight(9, 3));
            private final Block mlp = child(GraphsAndPolicies.perceptron(3), 1, 6);
            private final Linear out = linear(6, 1);

            @Override
            NDList run(Call call, NDList in) {
                NDList e = new NDList();
                for (int i = 0; i < 4; i++) {
                    e.add(call.value(tables.get(i), in.head()).get(in.get(i % 2)));
                }
                NDArray product = e.get(0).mul(e.get(1));
                NDArray deep = call.of(mlp, e.get(2).concat(e.get(3), 1));
                return new NDList(Activation.sigmoid(call.of(out, product.concat(deep, 1))));
            }
        };
    }

    private static Block caser(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter table = weight(9, 4);
            private final Block vertical = child(
                    ai.djl.nn.convolutional.Conv2d.builder()
                            .setKernelShape(new Shape(5, 1))
                            .setFilters(2)
                            .build(),
                    1,
                    1,
                    5,
                    4);
            private final List<Block> horizontal = new ArrayList<>();

            {
                for (int h = 1; h <= 3; h++) {
                    horizontal.add(child(
                            ai.djl.nn.convolutional.Conv2d.builder()
                                    .setKernelShape(new Shape(h, 4))
                                    .setFilters(2)
                                    .build(),
                            1,
                            1,
                            5,
                            4));
                }
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray e = call.value(table, in.head()).get(in.head()).expandDims(1);
                NDList found = new NDList(call.of(vertical, e).reshape(-1, 8));
                for (Block block : horizontal) {
                    NDArray y = Activation.relu(call.of(block, e)).squeeze(3);
                    found.add(y.max(new int[] {2}));
                }
                return new NDList(NDArrays.concat(found, 1));
            }
        };
    }

    private static Block bags(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter table = weight(9, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray ids = in.head();
                NDArray isUsed = ids.gt(0).toType(DataType.FLOAT32, false);
                NDArray e = call.value(table, ids)
                        .get(ids.toType(DataType.INT64, false))
                        .mul(isUsed.expandDims(-1));
                return new NDList(
                        e.sum(new int[] {1}).div(isUsed.sum(new int[] {1}, true).add(1e-3)));
            }
        };
    }

    private static Block tabNet(NDManager m) {
        return new BlockSketch(m) {
            private final Linear attentive = linear(4, 5);
            private final Linear transform = linear(5, 8);
            private final SparseMax sparse = child(new SparseMax(), 1, 5);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray prior = x.onesLike();
                NDArray a = call.of(transform, x).get(":, 4:");
                NDArray decision = null;
                for (int step = 0; step < 2; step++) {
                    NDArray mask = call.of(sparse, call.of(attentive, a).mul(prior));
                    prior = prior.mul(mask.neg().add(1.3f));
                    NDArray h = call.of(transform, x.mul(mask));
                    NDArray d = Activation.relu(h.get(":, :4"));
                    decision = decision == null ? d : decision.add(d);
                    a = h.get(":, 4:");
                }
                return new NDList(decision);
            }
        };
    }

    private static Block trees(NDManager m) {
        return new BlockSketch(m) {
            private final Linear gates = linear(5, 3);
            private final Parameter leaves = weight(4, 2);

            @Override
            NDList run(Call call, NDList in) {
                NDArray g = Activation.sigmoid(call.of(gates, in.head()));
                NDList paths = new NDList();
                for (int leaf = 0; leaf < 4; leaf++) {
                    NDArray first = g.get(":, 0");
                    NDArray second = g.get(new NDIndex(":, {}", 1 + leaf / 2));
                    NDArray p = (leaf / 2 == 0 ? first : first.neg().add(1))
                            .mul(leaf % 2 == 0 ? second : second.neg().add(1));
                    paths.add(p);
                }
                return new NDList(NDArrays.stack(paths, 1).dot(call.value(leaves, in.head())));
            }
        };
    }

    private static Block row(NDManager m) {
        return new BlockSketch(m) {
            private final Linear dense = linear(3 + 8, 2);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0).sub(0.5).div(2).toType(DataType.FLOAT32, false);
                NDArray kinds = in.get(1).oneHot(4).reshape(in.get(1).getShape().get(0), -1);
                return new NDList(call.of(dense, x.concat(kinds, 1)));
            }
        };
    }

    private static Block kernelMachine(NDManager m) {
        NDArray vectors = m.randomNormal(new Shape(6, 3));
        NDArray alphas = m.randomNormal(new Shape(6, 1));
        return LambdaBlock.singleton(x -> {
            NDArray distance =
                    x.expandDims(1).sub(vectors.expandDims(0)).square().sum(new int[] {2});
            return distance.mul(-0.5f).exp().matMul(alphas).add(0.1f).sign();
        });
    }

    private static Block polynomial() {
        return LambdaBlock.singleton(x -> {
            NDList terms = new NDList(x);
            for (int i = 0; i < 3; i++) {
                for (int j = i; j < 3; j++) {
                    terms.add(x.get(":, {}", i).mul(x.get(":, {}", j)).expandDims(1));
                }
            }
            terms.add(x.pow(3));
            return NDArrays.concat(terms, 1);
        });
    }

    private static Block components(NDManager m) {
        NDArray mean = m.create(new float[] {0.1f, 0.2f, -0.3f, 0});
        NDArray deviation = m.create(new float[] {1, 2, 0.5f, 1.5f});
        NDArray basis = m.randomNormal(new Shape(4, 2));
        return LambdaBlock.singleton(x -> x.sub(mean).div(deviation).dot(basis));
    }

    private static Block ranking() {
        return LambdaBlock.singleton(x -> {
            NDArray difference = x.expandDims(1).sub(x.expandDims(0));
            NDArray wins = difference.gt(0).toType(DataType.INT64, false).sum(new int[] {1});
            return wins.toType(DataType.FLOAT32, false).div(x.getShape().get(0));
        });
    }
}
