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
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.recurrent.LSTM;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Forecasters: DJL's time-series extension, and those of papers. */
final class TimeSeries {
    private static final String SERIES = "x:float32[N,T]";

    private TimeSeries() {}

    static List<OutsideBlock> all() {
        return List.of(
                OutsideBlock.of("mean scaler", Origin.DJL, m -> meanScaler(), SERIES, "observed:float32[N,T]")
                        .reading("observed", 0.2, 1),
                OutsideBlock.of("scaler without effect", Origin.DJL, m -> nopScaler(), SERIES, "observed:float32[N,T]"),
                OutsideBlock.of("feature embedder", Origin.DJL, TimeSeries::featureEmbedder, "features:int64[N,T,3]")
                        .reading("features", 0, 4),
                OutsideBlock.of("lagged values", Origin.DJL, m -> lags(), "past:float32[N,P]", "x:float32[N,8]")
                        .within("P", 7, 200, 7, 30, 129)
                        .at("N", 1, 3, 33),
                OutsideBlock.of(
                        "Student-t parameters and density",
                        Origin.DJL,
                        TimeSeries::studentT,
                        "features:float32[N,T,4]",
                        "x:float32[N,T]"),
                OutsideBlock.of(
                                "negative binomial parameters and density",
                                Origin.DJL,
                                TimeSeries::negativeBinomial,
                                "features:float32[N,T,4]",
                                "x:float32[N,T]")
                        .reading("x", 0, 9)
                        .tolerating(1e-3),
                OutsideBlock.of(
                                "DeepAR unrolled",
                                Origin.DJL,
                                TimeSeries::deepAr,
                                "category:int64[N,1]",
                                "past:float32[N,12]",
                                "observed:float32[N,12]",
                                "time:float32[N,12,2]")
                        .reading("category", 0, 4)
                        .reading("observed", 0.2, 1),
                OutsideBlock.of("gated linear unit", Origin.PAPERS, TimeSeries::glu, "x:float32[N,T,6]"),
                OutsideBlock.of(
                        "gated residual network",
                        Origin.PAPERS,
                        m -> grn(m, 6, 6, 4),
                        "x:float32[N,T,6]",
                        "context:float32[N,4]"),
                OutsideBlock.of("variable selection", Origin.PAPERS, TimeSeries::selection, "x:float32[N,T,3]")
                        .tolerating(1e-3),
                OutsideBlock.of(
                        "temporal fusion transformer",
                        Origin.PAPERS,
                        TimeSeries::fusion,
                        "x:float32[N,T,6]",
                        "still:float32[N,4]"),
                OutsideBlock.of("N-BEATS, generic", Origin.PAPERS, m -> nBeats(m, "generic"), "x:float32[N,12]"),
                OutsideBlock.of(
                        "N-BEATS, trend and seasons", Origin.PAPERS, m -> nBeats(m, "seasons"), "x:float32[N,12]"),
                OutsideBlock.of("N-HiTS", Origin.PAPERS, TimeSeries::nHits, "x:float32[N,16]"),
                OutsideBlock.of(
                        "moving average and remainder", Origin.PAPERS, m -> decomposition(5), "x:float32[N,T,2]"),
                OutsideBlock.of("DLinear", Origin.PAPERS, TimeSeries::dLinear, "x:float32[N,12,2]"),
                OutsideBlock.of(
                        "reversible instance normalisation", Origin.PAPERS, TimeSeries::reversible, "x:float32[N,T,3]"),
                OutsideBlock.of("patches of a series", Origin.PAPERS, TimeSeries::patches, "x:float32[N,24]"),
                OutsideBlock.of("patches of a series of any length", Origin.PAPERS, TimeSeries::patchesOfAny, SERIES)
                        .within("T", 8, 300, 9, 64, 129, 200)
                        .at("N", 1, 3),
                OutsideBlock.of(
                        "causal convolutions with a chomp", Origin.PAPERS, TimeSeries::causal, "x:float32[N,3,T]"),
                OutsideBlock.of("WaveNet's gates", Origin.PAPERS, TimeSeries::waveNet, "x:float32[N,4,T]"),
                OutsideBlock.of("Informer's distilling", Origin.PAPERS, TimeSeries::distilling, "x:float32[N,T,4]")
                        .at("T", 2, 65, 129, 33),
                OutsideBlock.of(
                                "Informer's sparse queries",
                                Origin.PAPERS,
                                TimeSeries::sparseQueries,
                                "x:float32[N,T,4]")
                        .within("T", 6, 300, 6, 33, 129)
                        .at("N", 1, 3),
                OutsideBlock.of(
                        "Autoformer's correlation", Origin.PAPERS, TimeSeries::autoCorrelation, "x:float32[N,16,2]"),
                OutsideBlock.of("differences and logarithms", Origin.HABITS, m -> differences(), "x:float32[N,T]")
                        .reading("x", 0.5, 4)
                        .at("T", 2, 65, 200),
                OutsideBlock.of(
                        "exponential smoothing in a Java loop", Origin.HABITS, m -> smoothing(), "x:float32[N,T]"),
                OutsideBlock.of(
                                "exponential smoothing by a matrix of powers",
                                Origin.HABITS,
                                m -> smoothingMatrix(),
                                "x:float32[N,T]")
                        .at("T", 1, 10, 65),
                OutsideBlock.of(
                        "normalised by its last value",
                        Origin.HABITS,
                        m -> BookNetworks.sketch(
                                m,
                                x -> x.sub(x.get(":, -1:"))
                                        .div(x.sub(x.mean(new int[] {1}, true))
                                                .square()
                                                .mean(new int[] {1}, true)
                                                .add(1e-5f)
                                                .sqrt())),
                        SERIES),
                OutsideBlock.of("weights by age", Origin.HABITS, m -> byAge(), SERIES),
                OutsideBlock.of("quantiles in order", Origin.PAPERS, TimeSeries::quantiles, "x:float32[N,5]"));
    }

    private static Block meanScaler() {
        return new LambdaBlock(l -> {
            NDArray data = l.get(0);
            NDArray weights = l.get(1);
            NDArray total = weights.sum(new int[] {1});
            NDArray weighted = data.abs().mul(weights).sum(new int[] {1});
            NDArray usual = weighted.sum(new int[] {0}).div(NDArrays.maximum(total.sum(new int[] {0}), 1f));
            NDArray scale = weighted.div(NDArrays.maximum(total, 1f));
            scale = NDArrays.maximum(
                            1e-10f,
                            NDArrays.where(weighted.gt(weighted.zerosLike()), scale, usual.mul(total.onesLike())))
                    .expandDims(1);
            return new NDList(data.div(scale), scale);
        });
    }

    private static Block nopScaler() {
        return new LambdaBlock(l -> new NDList(l.get(0), l.get(0).onesLike().mean(new int[] {1}, true)));
    }

    private static Block featureEmbedder(NDManager m) {
        return new BlockSketch(m) {
            private final List<Parameter> tables = List.of(weight(4, 2), weight(4, 3), weight(4, 1));

            @Override
            NDList run(Call call, NDList in) {
                NDArray features = in.singletonOrThrow();
                NDList slices =
                        features.split(tables.size(), features.getShape().dimension() - 1);
                NDList output = new NDList();
                for (int i = 0; i < tables.size(); i++) {
                    output.add(call.value(tables.get(i), features)
                            .get(slices.get(i).squeeze(-1)));
                }
                return new NDList(NDArrays.concat(output, -1));
            }
        };
    }

    private static NDArray lagged(List<Integer> lags, NDArray prior, NDArray sequence) {
        if (Collections.max(lags) > (int) prior.getShape().get(1)) {
            throw new IllegalArgumentException(
                    "lags go beyond the prior sequence of " + prior.getShape().get(1));
        }
        try (NDManager scope = NDManager.subManagerOf(prior)) {
            scope.tempAttachAll(prior, sequence);
            NDArray full = prior.concat(sequence, 1);
            NDList values = new NDList(lags.size());
            for (int lag : lags) {
                long begin = -lag - sequence.getShape().get(1);
                values.add(lag > 0 ? full.get(":, {}:{}", begin, -lag) : full.get(":, {}:", begin));
            }
            NDArray stacked = NDArrays.stack(values, -1);
            return scope.ret(stacked.reshape(
                    stacked.getShape().get(0), stacked.getShape().get(1), -1));
        }
    }

    private static Block lags() {
        return new LambdaBlock(l -> new NDList(lagged(List.of(0, 1, 3, 7), l.get(0), l.get(1))));
    }

    private static Block studentT(NDManager m) {
        return new BlockSketch(m) {
            private final Linear mu = linear(4, 1);
            private final Linear sigma = linear(4, 1);
            private final Linear nu = linear(4, 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray loc = call.of(mu, in.head()).squeeze(-1);
                NDArray scale = call.of(sigma, in.head())
                        .getNDArrayInternal()
                        .softPlus()
                        .squeeze(-1)
                        .maximum(1e-6);
                NDArray df = call.of(nu, in.head())
                        .getNDArrayInternal()
                        .softPlus()
                        .add(2)
                        .squeeze(-1);
                NDArray half = df.add(1).div(2);
                NDArray z = half.gammaln()
                        .sub(df.div(2).gammaln())
                        .sub(df.mul(Math.PI).log().mul(0.5))
                        .sub(scale.log());
                NDArray density = z.sub(half.mul(
                        in.get(1).sub(loc).div(scale).square().div(df).add(1).log()));
                return new NDList(loc, scale, df, density);
            }
        };
    }

    private static Block negativeBinomial(NDManager m) {
        return new BlockSketch(m) {
            private final Linear count = linear(4, 1);
            private final Linear logit = linear(4, 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray total = Activation.softPlus(call.of(count, in.head())).squeeze(-1);
                NDArray logits = call.of(logit, in.head()).squeeze(-1);
                NDArray value = in.get(1);
                NDArray alpha = NDArrays.div(1., total);
                NDArray alphaMu = alpha.mul(logits.exp());
                NDArray density = value.mul(alphaMu.div(alphaMu.add(1)).log())
                        .sub(alpha.mul(alphaMu.add(1).log()))
                        .add(value.add(alpha).gammaln())
                        .sub(value.add(1).gammaln())
                        .sub(alpha.gammaln());
                return new NDList(density, total.mul(logits.exp()));
            }
        };
    }

    private static Block deepAr(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter table = weight(4, 2);
            private final LSTM rnn = child(
                    LSTM.builder()
                            .setNumLayers(2)
                            .setStateSize(4)
                            .optBatchFirst(true)
                            .optReturnState(true)
                            .build(),
                    1,
                    6,
                    3 + 2 + 1 + 2);
            private final Linear projection = linear(4, 2);

            @Override
            NDList run(Call call, NDList in) {
                int context = 6;
                NDArray past = in.get(1);
                NDArray observed = in.get(2).get(":,{}:", -context);
                NDArray window = past.get(":,{}:", -context);
                NDArray scale = window.abs()
                        .mul(observed)
                        .sum(new int[] {1}, true)
                        .div(observed.sum(new int[] {1}, true).maximum(1f))
                        .maximum(1e-10f);
                NDArray prior = past.get(":,:{}", -context).div(scale);
                NDArray sequence = window.div(scale);
                NDArray category = call.value(table, past).get(in.get(0).squeeze(1));
                NDArray still = NDArrays.concat(new NDList(category, scale.log()), 1);
                NDArray repeated =
                        still.expandDims(1).repeat(1, sequence.getShape().get(1));
                NDArray features = repeated.concat(in.get(3).get(":, {}:", -context), -1);
                NDArray lags = lagged(List.of(1, 2, 4), prior, sequence);
                NDList outputs = rnn.forward(call.store(), new NDList(lags.concat(features, -1)), call.isTraining());
                NDArray parameters = call.of(projection, outputs.get(0));
                scale.setName("scale");
                return new NDList(parameters.mul(scale.expandDims(-1)), scale, outputs.get(1), outputs.get(2));
            }
        };
    }

    private static Block glu(NDManager m) {
        return new BlockSketch(m) {
            private final Linear dense = linear(6, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDList halves = call.of(dense, in.head()).split(2, 2);
                return new NDList(halves.get(0).mul(Activation.sigmoid(halves.get(1))));
            }
        };
    }

    private static BlockSketch grn(NDManager m, int from, int to, int context) {
        return new BlockSketch(m) {
            private final Linear first = linear(from, 5);
            private final Linear forContext = context > 0 ? linear(context, 5) : null;
            private final Linear second = linear(5, 2 * to);
            private final Linear skip = from == to ? null : linear(from, to);
            private final LayerNorm norm = child(LayerNorm.builder().build(), 1, to);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0);
                NDArray h = call.of(first, x);
                if (in.size() > 1) {
                    NDArray c = call.of(forContext, in.get(1));
                    h = h.add(x.getShape().dimension() == 3 ? c.expandDims(1) : c);
                }
                h = call.of(second, Activation.elu(h, 1f));
                NDArray gate = h.get("..., {}:", to).getNDArrayInternal().sigmoid();
                NDArray residual = skip == null ? x : call.of(skip, x);
                return new NDList(
                        call.of(norm, residual.add(h.get("..., :{}", to).mul(gate))));
            }
        };
    }

    private static BlockSketch selection(NDManager m) {
        return new BlockSketch(m) {
            private final List<BlockSketch> each = new ArrayList<>();
            private final BlockSketch weights = child(grn(manager, 3, 3, 0), 1);

            {
                for (int i = 0; i < 3; i++) {
                    each.add(child(grn(manager, 1, 4, 0), 1));
                }
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray chosen = call.of(weights, x).softmax(-1).expandDims(-2);
                NDList transformed = new NDList();
                for (int i = 0; i < each.size(); i++) {
                    transformed.add(call.of(each.get(i), x.get("..., {}:{}", i, i + 1)));
                }
                return new NDList(NDArrays.stack(transformed, -1).mul(chosen).sum(new int[] {-1}), chosen.squeeze(-2));
            }
        };
    }

    private static Block fusion(NDManager m) {
        return new BlockSketch(m) {
            private final BlockSketch enrichment = child(grn(manager, 6, 6, 4), 1);
            private final Linear initial = linear(4, 6);
            private final LSTM rnn = child(
                    LSTM.builder()
                            .setNumLayers(1)
                            .setStateSize(6)
                            .optBatchFirst(true)
                            .build(),
                    1,
                    2,
                    6);
            private final Linear q = linear(6, 6);
            private final Linear v = linear(6, 3);
            private final Linear out = linear(3, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray state = call.of(initial, in.get(1)).expandDims(0);
                NDArray h = rnn.forward(call.store(), new NDList(in.get(0), state, state), call.isTraining())
                        .head();
                h = call.of(enrichment, h.add(in.get(0)), in.get(1));
                long steps = h.getShape().get(1);
                NDManager own = h.getManager();
                NDArray places = own.arange((float) steps);
                NDArray isLater = places.reshape(1, 1, -1).gt(places.reshape(1, -1, 1));
                NDList shared = new NDList();
                for (int head = 0; head < 2; head++) {
                    NDArray part = call.of(q, h).get(":, :, {}:{}", 3 * head, 3 * head + 3);
                    NDArray scores = part.matMul(part.swapAxes(1, 2)).div((float) Math.sqrt(3));
                    scores = scores.add(isLater.toType(DataType.FLOAT32, false).mul(-1e9f));
                    shared.add(scores.softmax(-1).matMul(call.of(v, h)));
                }
                NDArray mean = NDArrays.stack(shared).mean(new int[] {0});
                return new NDList(call.of(out, mean));
            }
        };
    }

    private static Block nBeats(NDManager m, String kind) {
        return new BlockSketch(m) {
            private final List<Linear> hidden = new ArrayList<>();
            private final List<Linear> theta = new ArrayList<>();
            private final NDArray backBasis = basis(12);
            private final NDArray frontBasis = basis(4);

            {
                for (int i = 0; i < 2; i++) {
                    hidden.add(linear(12, 7));
                    theta.add(linear(7, kind.equals("generic") ? 16 : 8));
                }
            }

            private NDArray basis(int length) {
                NDArray t = manager.arange((float) length).div(length).reshape(1, -1);
                NDArray rows = NDArrays.concat(
                        new NDList(
                                t.onesLike(),
                                t,
                                t.mul(2 * Math.PI).cos(),
                                t.mul(2 * Math.PI).sin()),
                        0);
                rows.attach(manager);
                return rows;
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray residual = in.head();
                NDArray forecast = residual.getManager()
                        .zeros(new Shape(residual.getShape().get(0), 4));
                for (int i = 0; i < hidden.size(); i++) {
                    NDArray h = Activation.relu(call.of(hidden.get(i), residual));
                    NDArray parameters = call.of(theta.get(i), h);
                    if (kind.equals("generic")) {
                        residual = residual.sub(parameters.get(":, :12"));
                        forecast = forecast.add(parameters.get(":, 12:"));
                    } else {
                        residual = residual.sub(parameters.get(":, :4").dot(backBasis));
                        forecast = forecast.add(parameters.get(":, 4:").dot(frontBasis));
                    }
                }
                return new NDList(forecast, residual);
            }
        };
    }

    private static Block nHits(NDManager m) {
        return new BlockSketch(m) {
            private final Linear coarse = linear(4, 2 + 4);
            private final Linear fine = linear(8, 4 + 8);

            private NDArray upsampled(NDArray x, long length) {
                return x.expandDims(1)
                        .expandDims(1)
                        .getNDArrayInternal()
                        .interpolation(new long[] {1, length}, 1, false)
                        .squeeze(new int[] {1, 2});
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray pooled = Pool.maxPool1d(x.expandDims(1), new Shape(4), new Shape(4), new Shape(0), false)
                        .squeeze(1);
                NDArray theta = call.of(coarse, pooled);
                NDArray forecast = upsampled(theta.get(":, :2"), 8);
                NDArray rest = x.sub(upsampled(theta.get(":, 2:"), 16));
                pooled = Pool.avgPool1d(rest.expandDims(1), new Shape(2), new Shape(2), new Shape(0), false, true)
                        .squeeze(1);
                theta = call.of(fine, pooled);
                return new NDList(
                        forecast.add(upsampled(theta.get(":, :4"), 8)), rest.sub(upsampled(theta.get(":, 4:"), 16)));
            }
        };
    }

    private static NDArray movingAverage(NDArray x, int kernel) {
        NDArray front = x.get(":, 0:1").repeat(1, kernel / 2);
        NDArray end = x.get(":, -1:").repeat(1, kernel / 2);
        NDArray padded = NDArrays.concat(new NDList(front, x, end), 1).transpose(0, 2, 1);
        return Pool.avgPool1d(padded, new Shape(kernel), new Shape(1), new Shape(0), false, true)
                .transpose(0, 2, 1);
    }

    private static Block decomposition(int kernel) {
        return LambdaBlock.singleton(x ->
                NDArrays.concat(new NDList(movingAverage(x, kernel), x.sub(movingAverage(x, kernel))), 2));
    }

    private static Block dLinear(NDManager m) {
        return new BlockSketch(m) {
            private final Linear trend = linear(12, 4);
            private final Linear season = linear(12, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray average = movingAverage(x, 3);
                NDArray sum = call.of(trend, average.transpose(0, 2, 1))
                        .add(call.of(season, x.sub(average).transpose(0, 2, 1)));
                return new NDList(sum.transpose(0, 2, 1));
            }
        };
    }

    private static Block reversible(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter weight = weight(3);
            private final Parameter bias = weight(3);
            private final Linear dense = linear(3, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray mean = x.mean(new int[] {1}, true).stopGradient();
                NDArray deviation = x.sub(mean)
                        .square()
                        .mean(new int[] {1}, true)
                        .add(1e-5f)
                        .sqrt()
                        .stopGradient();
                NDArray y =
                        x.sub(mean).div(deviation).muli(call.value(weight, x)).addi(call.value(bias, x));
                y = call.of(dense, y);
                y.subi(call.value(bias, x));
                y.divi(call.value(weight, x).add(1e-2f));
                return new NDList(y.muli(deviation).addi(mean));
            }
        };
    }

    private static Block patches(NDManager m) {
        return new BlockSketch(m) {
            private final Linear embed = linear(6, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDList patches = new NDList();
                for (int start = 0; start + 6 <= 24; start += 3) {
                    patches.add(x.get(new NDIndex(":, {}:{}", start, start + 6)));
                }
                return new NDList(call.of(embed, NDArrays.stack(patches, 1)));
            }
        };
    }

    private static Block patchesOfAny(NDManager m) {
        return new BlockSketch(m) {
            private final Linear embed = linear(8, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long n = x.getShape().get(0);
                long count = x.getShape().get(1) / 8;
                NDArray whole = x.get(":, " + (x.getShape().get(1) - 8 * count) + ":");
                return new NDList(call.of(embed, whole.reshape(n, count, 8)));
            }
        };
    }

    private static Conv1d conv(int filters, int kernel, int dilation, int padding) {
        return Conv1d.builder()
                .setKernelShape(new Shape(kernel))
                .setFilters(filters)
                .optDilation(new Shape(dilation))
                .optPadding(new Shape(padding))
                .build();
    }

    private static Block causal(NDManager m) {
        return new BlockSketch(m) {
            private final List<Conv1d> layers = List.of(
                    child(conv(4, 3, 1, 2), 1, 3, 9),
                    child(conv(4, 3, 2, 4), 1, 4, 9),
                    child(conv(4, 3, 4, 8), 1, 4, 9));
            private final Conv1d skip = child(conv(4, 1, 1, 0), 1, 3, 9);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                for (int i = 0; i < layers.size(); i++) {
                    int padding = 2 << i;
                    NDArray y = call.of(layers.get(i), x).get(":, :, :{}", -padding);
                    x = Activation.relu(Activation.relu(y).add(i == 0 ? call.of(skip, x) : x));
                }
                return new NDList(x.get(":, :, -1"), x);
            }
        };
    }

    private static Block waveNet(NDManager m) {
        return new BlockSketch(m) {
            private final List<Conv1d> filters = new ArrayList<>();
            private final List<Conv1d> gates = new ArrayList<>();
            private final Conv1d mix = child(conv(4, 1, 1, 0), 1, 4, 9);

            {
                for (int i = 0; i < 3; i++) {
                    filters.add(child(conv(4, 2, 1 << i, 0), 1, 4, 20));
                    gates.add(child(conv(4, 2, 1 << i, 0), 1, 4, 20));
                }
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray skips = x.zerosLike();
                for (int i = 0; i < filters.size(); i++) {
                    long n = x.getShape().get(0);
                    NDArray padding = x.getManager().zeros(new Shape(n, 4, 1L << i), x.getDataType());
                    NDArray padded = padding.concat(x, 2);
                    NDArray z = call.of(filters.get(i), padded)
                            .tanh()
                            .mul(Activation.sigmoid(call.of(gates.get(i), padded)));
                    skips.addi(z);
                    x = x.add(call.of(mix, z));
                }
                return new NDList(Activation.relu(skips), x);
            }
        };
    }

    private static Block distilling(NDManager m) {
        return new BlockSketch(m) {
            private final Conv1d conv = child(conv(4, 3, 1, 1), 1, 4, 8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(conv, in.head().transpose(0, 2, 1));
                x = Pool.maxPool1d(Activation.elu(x, 1f), new Shape(3), new Shape(2), new Shape(1), false);
                return new NDList(x.transpose(0, 2, 1));
            }
        };
    }

    private static Block sparseQueries(NDManager m) {
        return new BlockSketch(m) {
            private final Linear q = linear(4, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray queries = call.of(q, x);
                NDArray scores = queries.matMul(x.transpose(0, 2, 1));
                NDArray measure = scores.max(new int[] {2}).sub(scores.mean(new int[] {2}));
                NDArray top = measure.topK(5, 1, true, true).get(1);
                NDArray chosen =
                        scores.gather(top.expandDims(-1).repeat(2, x.getShape().get(1)), 1);
                return new NDList(chosen.div(2).softmax(2).matMul(x), top);
            }
        };
    }

    private static Block autoCorrelation(NDManager m) {
        return BookNetworks.sketch(m, x -> {
            NDArray f = x.transpose(0, 2, 1).rfft(16);
            NDArray correlation = f.mul(f.conj()).irfft(16);
            return correlation.mean(new int[] {1}).softmax(1);
        });
    }

    private static Block differences() {
        return new LambdaBlock(l -> {
            NDArray x = l.head().log();
            NDArray d = x.get(":, 1:").sub(x.get(":, :-1"));
            return new NDList(d, x.diff(1, 1), d.cumSum(1).add(x.get(":, :1")));
        });
    }

    private static Block smoothing() {
        return LambdaBlock.singleton(x -> {
            NDArray level = x.get(":, 0");
            for (int t = 1; t < x.getShape().get(1); t++) {
                level = level.mul(0.7f).add(x.get(":, {}", t).mul(0.3f));
            }
            return level;
        });
    }

    private static Block smoothingMatrix() {
        return LambdaBlock.singleton(x -> {
            NDArray t = x.getManager().arange((float) x.getShape().get(1));
            NDArray age = t.reshape(1, -1).sub(t.reshape(-1, 1));
            NDArray weights =
                    NDArrays.where(age.gte(0), age.onesLike().mul(0.7f).pow(age).mul(0.3f), age.zerosLike());
            return x.dot(weights);
        });
    }

    private static Block byAge() {
        return LambdaBlock.singleton(x -> {
            long steps = x.getShape().get(1);
            NDArray weights = x.getManager().linspace(1f / steps, 1f, (int) steps);
            return x.mul(weights).sum(new int[] {1}).div(weights.sum());
        });
    }

    private static Block quantiles(NDManager m) {
        return new BlockSketch(m) {
            private final Linear dense = linear(5, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(dense, in.head());
                NDArray steps = Activation.softPlus(x.get(":, 1:"));
                return new NDList(x.get(":, :1").concat(steps, 1).cumSum(1));
            }
        };
    }
}
