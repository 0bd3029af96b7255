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
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.transformer.BertBlock;
import ai.djl.nn.transformer.IdEmbedding;
import java.util.ArrayList;
import java.util.List;

/** Language models in Java: GPT and its relatives, BERT's heads, and their parts. */
final class LanguageModels {
    private static final int WORDS = 11;
    private static final int WIDTH = 8;

    private LanguageModels() {}

    static List<OutsideBlock> all() {
        String tokens = "tokens:int64[N,T]";
        String x = "x:float32[N,T,8]";
        return List.of(
                context(
                        words(OutsideBlock.of(
                                "GPT with a causal mask from the manager",
                                Origin.PAPERS,
                                m -> gpt(m, Mask.RANGES),
                                tokens)),
                        130),
                context(
                        words(OutsideBlock.of(
                                "GPT with a slice of a triangle in a field",
                                Origin.PAPERS,
                                m -> gpt(m, Mask.TABLE),
                                tokens)),
                        130),
                context(
                        words(OutsideBlock.of(
                                "GPT with ones and a cumulative sum as mask",
                                Origin.PAPERS,
                                m -> gpt(m, Mask.SUMS),
                                tokens)),
                        130),
                context(
                        words(OutsideBlock.of(
                                "GPT with the mask set in place", Origin.PAPERS, m -> gpt(m, Mask.SET), tokens)),
                        130),
                words(OutsideBlock.of(
                        "GPT, the last token's scores", Origin.PAPERS, LanguageModels::lastToken, "tokens:int32[N,T]")),
                OutsideBlock.of("rotary positions", Origin.PAPERS, m -> BookNetworks.sketch(m, y -> rotate(y)), x),
                OutsideBlock.of(
                        "rotary positions by pairs",
                        Origin.PAPERS,
                        m -> BookNetworks.sketch(m, y -> rotatePairs(y)),
                        x),
                OutsideBlock.of("attention with linear biases", Origin.PAPERS, LanguageModels::alibi, x),
                OutsideBlock.of("relative position buckets", Origin.PAPERS, LanguageModels::buckets, x),
                OutsideBlock.of("grouped queries", Origin.PAPERS, LanguageModels::grouped, x),
                OutsideBlock.of("sliding window of four", Origin.PAPERS, LanguageModels::window, x),
                OutsideBlock.of("RMS normalisation and SwiGLU", Origin.PAPERS, LanguageModels::swiGlu, x),
                OutsideBlock.of("mixture of two of four experts", Origin.PAPERS, LanguageModels::experts, x),
                OutsideBlock.of("experts on their own tokens", Origin.PAPERS, LanguageModels::routed, "x:float32[N,8]")
                        .at("N", 3, 33, 65),
                OutsideBlock.of(
                        "key and value cache",
                        Origin.PAPERS,
                        LanguageModels::cache,
                        "x:float32[N,S,8]",
                        "keys:float32[N,2,P,4]",
                        "values:float32[N,2,P,4]"),
                OutsideBlock.of("ternary linear layer", Origin.BITNET, LanguageModels::bitLinear, x)
                        .tolerating(1e-3),
                words(OutsideBlock.of("token embedding table", Origin.BITNET, LanguageModels::tokenTable, tokens)),
                words(OutsideBlock.of("tied output embedding", Origin.PAPERS, LanguageModels::tied, tokens)),
                words(OutsideBlock.of(
                        "padding mask of the tokens", Origin.HABITS, LanguageModels::paddingMask, tokens)),
                words(OutsideBlock.of(
                                "BERT with its own ids and mask",
                                Origin.DJL,
                                LanguageModels::bert,
                                "tokens:int64[N,12]"))
                        .within("N", 2, 64, 2, 3, 33),
                words(OutsideBlock.of(
                                "masked language model's positions",
                                Origin.BOOK,
                                LanguageModels::maskedPositions,
                                tokens,
                                "places:int64[N,2]")
                        .reading("places", 0, 6)
                        .within("T", 6, 300, 6, 33, 130)
                        .at("N", 1, 3, 33)),
                OutsideBlock.of("next sentence from the first token", Origin.BOOK, LanguageModels::nextSentence, x),
                OutsideBlock.of(
                        "mean of the tokens under a mask", Origin.HABITS, m -> meanPooling(), x, "mask:int64[N,T]"),
                OutsideBlock.of(
                        "largest of the tokens under a mask", Origin.HABITS, m -> maxPooling(), x, "mask:int64[N,T]"),
                OutsideBlock.of("top-k filter of scores", Origin.HABITS, m -> topKFilter(), "scores:float32[N,11]"),
                OutsideBlock.of("nucleus filter of scores", Origin.HABITS, m -> nucleus(), "scores:float32[N,11]"),
                OutsideBlock.of(
                                "scores by temperature, an input",
                                Origin.HABITS,
                                m -> temperature(),
                                "scores:float32[N,11]",
                                "temperature:float32[]")
                        .reading("temperature", 0.5, 2),
                words(OutsideBlock.of(
                        "repetition penalty", Origin.HABITS, m -> penalty(), tokens, "scores:float32[N,11]")),
                OutsideBlock.of(
                        "contrastive scores of two texts",
                        Origin.PAPERS,
                        LanguageModels::contrastive,
                        "a:float32[N,6]",
                        "b:float32[M,6]"),
                words(OutsideBlock.of(
                        "bag of words by one-hot sums",
                        Origin.HABITS,
                        m -> LambdaBlock.singleton(t -> t.oneHot(WORDS)
                                .sum(new int[] {1})
                                .div(t.getShape().get(1))),
                        tokens)),
                words(OutsideBlock.of("n-gram features by hashing", Origin.HABITS, m -> hashing(), tokens)
                        .at("T", 2, 65, 200)),
                OutsideBlock.of("byte characters to classes", Origin.HABITS, LanguageModels::bytes, "tokens:uint8[N,T]")
                        .reading("tokens", 0, 26),
                OutsideBlock.of("retention with decay", Origin.PAPERS, LanguageModels::retention, x)
                        .at("T", 1, 33, 65),
                OutsideBlock.of("token shift and gating (RWKV)", Origin.PAPERS, LanguageModels::tokenShift, x),
                OutsideBlock.of("selective state space scan", Origin.PAPERS, LanguageModels::stateSpace, x)
                        .at("T", 1, 33, 65));
    }

    private enum Mask {
        RANGES,
        TABLE,
        SUMS,
        SET
    }

    private static OutsideBlock words(OutsideBlock block) {
        return block.reading("tokens", 0, WORDS);
    }

    private static OutsideBlock context(OutsideBlock block, int most) {
        return block.within("T", 1, most, 1, 33, 100, most).at("N", 1, 3);
    }

    private static Block gpt(NDManager m, Mask kind) {
        return new BlockSketch(m) {
            private final IdEmbedding tokens = child(
                    new IdEmbedding.Builder()
                            .setDictionarySize(WORDS)
                            .setEmbeddingSize(WIDTH)
                            .build(),
                    1,
                    1);
            private final Parameter positions = weight(130, WIDTH);
            private final LayerNorm norm = child(LayerNorm.builder().axis(2).build(), 1, 1, WIDTH);
            private final Linear qkv = linear(WIDTH, 3 * WIDTH);
            private final Linear up = linear(WIDTH, 2 * WIDTH);
            private final Linear down = linear(2 * WIDTH, WIDTH);
            private final Linear head = linear(WIDTH, WORDS);
            private final NDArray triangle = manager.ones(new Shape(130, 130))
                    .cumSum(1)
                    .lte(manager.arange(1f, 131f).reshape(130, 1))
                    .expandDims(0);

            private NDArray allowed(NDArray x) {
                long steps = x.getShape().get(1);
                NDManager own = x.getManager();
                return switch (kind) {
                    case RANGES ->
                        own.arange((int) steps)
                                .reshape(1, 1, steps)
                                .lte(own.arange((int) steps).reshape(1, steps, 1));
                    case TABLE -> triangle.get(":, :{}, :{}", steps, steps);
                    case SUMS -> {
                        NDArray ones = own.ones(new Shape(steps, steps));
                        yield ones.cumSum(1).lte(ones.cumSum(0)).expandDims(0);
                    }
                    case SET -> {
                        NDArray mask = own.zeros(new Shape(1, steps, steps));
                        for (int offset = 0; offset < 1; offset++) {
                            NDArray places = own.arange((int) steps);
                            mask.set(
                                    new NDIndex("0"),
                                    places.expandDims(0)
                                            .lte(places.expandDims(1))
                                            .toType(DataType.FLOAT32, false));
                        }
                        yield mask.gt(0.5f);
                    }
                };
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray ids = in.singletonOrThrow();
                long steps = ids.getShape().get(1);
                NDArray x = call.of(tokens, ids);
                NDArray places = ids.getManager().arange(0, (int) steps, 1, DataType.INT64);
                x = x.add(call.value(positions, x).get(places));
                NDList parts = call.of(qkv, call.of(norm, x)).split(3, 2);
                NDList heads = new NDList();
                for (NDArray part : parts) {
                    heads.add(part.reshape(-1, steps, 2, WIDTH / 2).transpose(0, 2, 1, 3));
                }
                NDArray scores =
                        heads.get(0).matMul(heads.get(1).swapAxes(2, 3)).mul(1 / Math.sqrt(WIDTH / 2.0));
                NDArray isAllowed = allowed(x).expandDims(1).broadcast(scores.getShape());
                scores = NDArrays.where(isAllowed, scores, scores.onesLike().mul(Float.NEGATIVE_INFINITY));
                NDArray y =
                        scores.softmax(-1).matMul(heads.get(2)).swapAxes(1, 2).reshape(-1, steps, WIDTH);
                x = x.add(y);
                x = x.add(call.of(down, Activation.gelu(call.of(up, call.of(norm, x)))));
                return new NDList(call.of(head, x));
            }
        };
    }

    private static Block lastToken(NDManager m) {
        return new BlockSketch(m) {
            private final BlockSketch body = child((BlockSketch) swiGlu(manager), 1);
            private final Parameter table = weight(WORDS, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray ids = in.head().toType(DataType.INT64, false);
                NDArray w = call.value(table, ids);
                NDArray x = call.of(
                        body, w.get(ids.flatten()).reshape(ids.getShape().add(WIDTH)));
                x = x.get(":, {}, :", x.getShape().get(1) - 1);
                NDArray scores = x.dot(w.transpose());
                return new NDList(scores, scores.argMax(-1), scores.topK(3, 1).get(1));
            }
        };
    }

    private static NDArray rotate(NDArray x) {
        NDManager own = x.getManager();
        long steps = x.getShape().get(1);
        NDArray inverse =
                own.arange(0f, WIDTH, 2f).div(WIDTH).mul(-Math.log(10000)).exp();
        NDArray angles = own.arange((float) steps).reshape(steps, 1).mul(inverse.reshape(1, WIDTH / 2));
        NDArray both = angles.concat(angles, 1);
        NDArray half =
                NDArrays.concat(new NDList(x.get("..., {}:", WIDTH / 2).neg(), x.get("..., :{}", WIDTH / 2)), -1);
        return x.mul(both.cos()).add(half.mul(both.sin()));
    }

    private static NDArray rotatePairs(NDArray x) {
        NDManager own = x.getManager();
        Shape shape = x.getShape();
        NDArray pairs = x.reshape(shape.get(0), shape.get(1), WIDTH / 2, 2);
        NDArray re = pairs.get("..., 0");
        NDArray im = pairs.get("..., 1");
        NDArray frequency = own.create(new float[] {1, 0.1f, 0.01f, 0.001f});
        NDArray angles =
                own.arange(0, shape.get(1), 1, DataType.FLOAT32).expandDims(1).matMul(frequency.expandDims(0));
        NDArray c = angles.cos();
        NDArray s = angles.sin();
        return NDArrays.stack(new NDList(re.mul(c).sub(im.mul(s)), re.mul(s).add(im.mul(c))), 3)
                .reshape(shape);
    }

    private static Block alibi(NDManager m) {
        return BookNetworks.sketch(m, x -> {
            NDArray places = x.getManager().arange((float) x.getShape().get(1));
            NDArray distance =
                    places.expandDims(0).sub(places.expandDims(1)).abs().neg();
            NDList heads = new NDList();
            for (int h = 1; h <= 2; h++) {
                NDArray scores = x.matMul(x.swapAxes(1, 2)).div(Math.sqrt(WIDTH));
                heads.add(scores.add(distance.mul(Math.pow(2, -4.0 * h)))
                        .softmax(2)
                        .matMul(x));
            }
            return NDArrays.concat(heads, 2);
        });
    }

    private static Block buckets(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter bias = weight(8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray places = x.getManager().arange((int) x.getShape().get(1));
                NDArray distance =
                        places.expandDims(0).sub(places.expandDims(1)).neg().maximum(0);
                NDArray isClose = distance.lt(4);
                NDArray far = distance.toType(DataType.FLOAT32, false)
                        .maximum(1f)
                        .div(4f)
                        .log()
                        .div((float) Math.log(32))
                        .mul(4f)
                        .toType(DataType.INT32, false)
                        .add(4)
                        .minimum(7);
                NDArray bucket = NDArrays.where(isClose, distance, far);
                NDArray biases = call.value(bias, x).get(bucket.flatten()).reshape(bucket.getShape());
                return new NDList(x.matMul(x.swapAxes(1, 2))
                        .div(8)
                        .add(biases)
                        .softmax(-1)
                        .matMul(x));
            }
        };
    }

    private static Block grouped(NDManager m) {
        return new BlockSketch(m) {
            private final Linear q = linear(WIDTH, WIDTH);
            private final Linear kv = linear(WIDTH, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long n = x.getShape().get(0);
                long steps = x.getShape().get(1);
                NDArray queries = call.of(q, x).reshape(n, steps, 4, 2).transpose(0, 2, 1, 3);
                NDList both = call.of(kv, x).split(2, 2);
                NDArray keys = both.get(0)
                        .reshape(n, steps, 2, 2)
                        .transpose(0, 2, 1, 3)
                        .repeat(1, 2);
                NDArray values = both.get(1)
                        .reshape(n, steps, 2, 2)
                        .transpose(0, 2, 1, 3)
                        .repeat(1, 2);
                NDArray weights = queries.matMul(keys.transpose(0, 1, 3, 2))
                        .div(Math.sqrt(2))
                        .softmax(3);
                return new NDList(weights.matMul(values).transpose(0, 2, 1, 3).reshape(n, steps, -1));
            }
        };
    }

    private static Block window(NDManager m) {
        return BookNetworks.sketch(m, x -> {
            NDArray places = x.getManager().arange((int) x.getShape().get(1));
            NDArray distance = places.reshape(-1, 1).sub(places);
            NDArray isSeen = distance.gte(0).logicalAnd(distance.lt(4));
            NDArray scores = x.matMul(x.swapAxes(1, 2));
            scores = scores.add(
                    isSeen.logicalNot().toType(DataType.FLOAT32, false).mul(-1e9));
            return scores.softmax(-1).matMul(x);
        });
    }

    private static Block swiGlu(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter scale = weight(WIDTH);
            private final Linear gate = linear(WIDTH, 12);
            private final Linear up = linear(WIDTH, 12);
            private final Linear down = linear(12, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray rms = x.pow(2).mean(new int[] {-1}, true).add(1e-6).sqrt();
                NDArray y = x.div(rms).mul(call.value(scale, x));
                NDArray g = call.of(gate, y);
                return new NDList(
                        x.add(call.of(down, g.mul(Activation.sigmoid(g)).mul(call.of(up, y)))));
            }
        };
    }

    private static Block experts(NDManager m) {
        return new BlockSketch(m) {
            private final Linear router = linear(WIDTH, 4);
            private final List<Linear> experts = new ArrayList<>();

            {
                for (int i = 0; i < 4; i++) {
                    experts.add(linear(WIDTH, WIDTH));
                }
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray scores = call.of(router, x).softmax(-1);
                NDArray least = scores.topK(2, -1, true, true).get(0).get("..., 1:2");
                NDArray kept = scores.mul(scores.gte(least).toType(DataType.FLOAT32, false));
                kept = kept.div(kept.sum(new int[] {2}, true));
                NDArray sum = x.zerosLike();
                for (int i = 0; i < 4; i++) {
                    sum = sum.add(call.of(experts.get(i), x).mul(kept.get("..., {}:{}", i, i + 1)));
                }
                return new NDList(sum);
            }
        };
    }

    private static Block routed(NDManager m) {
        return new BlockSketch(m) {
            private final Linear router = linear(WIDTH, 2);
            private final List<Linear> experts = List.of(linear(WIDTH, WIDTH), linear(WIDTH, WIDTH));

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray choice = call.of(router, x).argMax(1);
                NDArray result = x.zerosLike();
                for (int i = 0; i < experts.size(); i++) {
                    NDArray isMine = choice.eq(i);
                    NDArray own = call.of(experts.get(i), x.get(isMine));
                    result.set(new NDIndex().addBooleanIndex(isMine), own);
                }
                return new NDList(result);
            }
        };
    }

    private static Block cache(NDManager m) {
        return new BlockSketch(m) {
            private final Linear qkv = linear(WIDTH, 3 * WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0);
                long n = x.getShape().get(0);
                long now = x.getShape().get(1);
                long past = in.get(1).getShape().get(2);
                NDList parts = new NDList();
                for (NDArray part : call.of(qkv, x).split(new long[] {WIDTH, 2 * WIDTH}, 2)) {
                    parts.add(part.reshape(n, now, 2, 4).swapAxes(1, 2));
                }
                NDArray keys = in.get(1).concat(parts.get(1), 2);
                NDArray values = NDArrays.concat(new NDList(in.get(2), parts.get(2)), 2);
                NDManager own = x.getManager();
                NDArray isLater = own.arange((int) (past + now))
                        .reshape(1, 1, 1, past + now)
                        .gt(own.arange((int) past, (int) (past + now)).reshape(1, 1, now, 1));
                NDArray scores = parts.get(0).matMul(keys.transpose(0, 1, 3, 2)).div(2f);
                scores = scores.sub(isLater.toType(DataType.FLOAT32, false).mul(1e9f));
                NDArray y = scores.softmax(3).matMul(values).swapAxes(1, 2).reshape(n, now, WIDTH);
                return new NDList(y, keys, values);
            }
        };
    }

    private static Block bitLinear(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter weight = weight(6, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.singletonOrThrow();
                NDManager own = x.getManager();
                NDArray out;
                try (NDManager scope = own.newSubManager()) {
                    NDArray y = x.duplicate();
                    y.attach(scope);
                    NDArray w = call.value(weight, x).duplicate();
                    w.attach(scope);
                    NDArray rms = y.square()
                            .mean(new int[] {y.getShape().dimension() - 1}, true)
                            .add(1e-8f)
                            .sqrt();
                    y = y.div(rms);
                    NDArray beta = w.abs().mean();
                    NDArray ternary = w.div(beta.add(1e-8f)).round().clip(-1, 1);
                    long tokens = y.getShape().size() / WIDTH;
                    NDArray flat = y.reshape(tokens, WIDTH);
                    NDArray gamma = flat.abs().max(new int[] {1}, true);
                    NDArray quantised =
                            flat.mul(127f).div(gamma.add(1e-8f)).round().clip(-128, 127);
                    NDArray product = quantised
                            .matMul(ternary.transpose())
                            .mul(gamma.mul(beta).div(127f));
                    long[] shape = x.getShape().getShape().clone();
                    shape[shape.length - 1] = 6;
                    out = product.reshape(shape).duplicate();
                    out.attach(own);
                }
                return new NDList(out);
            }
        };
    }

    private static Block tokenTable(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter weight = weight(WORDS, 5);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.singletonOrThrow();
                return new NDList(call.value(weight, x).get(x.toType(DataType.INT64, false)));
            }
        };
    }

    private static Block tied(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter weight = weight(WORDS, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray w = call.value(weight, in.head());
                NDArray x = w.gather(in.head().reshape(-1, 1).repeat(1, WIDTH), 0);
                NDArray scores = x.tanh().matMul(w.swapAxes(0, 1));
                return new NDList(scores.reshape(in.head().getShape().get(0), -1, WORDS));
            }
        };
    }

    private static Block paddingMask(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter weight = weight(WORDS, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray tokens = in.head();
                NDArray isToken = tokens.neq(0);
                NDArray x = call.value(weight, tokens).get(tokens);
                NDArray weights = isToken.toType(DataType.FLOAT32, false).expandDims(1);
                NDArray scores =
                        x.matMul(x.swapAxes(1, 2)).sub(weights.neg().add(1).mul(1e6f));
                NDArray count = isToken.sum(new int[] {1})
                        .toType(DataType.FLOAT32, false)
                        .maximum(1);
                NDArray mean =
                        scores.softmax(2).matMul(x).mul(isToken.expandDims(2)).sum(new int[] {1});
                return new NDList(mean.div(count.expandDims(1)), isToken.countNonzero(1));
            }
        };
    }

    private static Block bert(NDManager m) {
        return new BlockSketch(m) {
            private final BertBlock bert = child(
                    BertBlock.builder()
                            .setTokenDictionarySize(WORDS)
                            .optTypeDictionarySize(2)
                            .optMaxSequenceLength(12)
                            .optEmbeddingSize(WIDTH)
                            .optTransformerBlockCount(1)
                            .optAttentionHeadCount(2)
                            .optHiddenSize(12)
                            .build(),
                    new Shape(1, 12),
                    new Shape(1, 12),
                    new Shape(1, 12));

            @Override
            NDList run(Call call, NDList in) {
                NDArray tokens = in.head();
                NDArray types = tokens.zerosLike();
                NDArray masks = tokens.neq(0).toType(DataType.INT64, true);
                return bert.forward(call.store(), new NDList(tokens, types, masks), call.isTraining());
            }
        };
    }

    private static Block maskedPositions(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter table = weight(WORDS, WIDTH);
            private final Linear head = linear(WIDTH, WORDS);

            @Override
            NDList run(Call call, NDList in) {
                NDArray encoded = call.value(table, in.get(0)).get(in.get(0)).cumSum(1);
                long n = encoded.getShape().get(0);
                long count = in.get(1).getShape().get(1);
                NDArray batch = encoded.getManager()
                        .arange(0, (int) n, 1, DataType.INT64)
                        .repeat(count);
                NDArray flat = in.get(1).reshape(-1);
                NDArray places = batch.mul(encoded.getShape().get(1)).add(flat);
                NDArray chosen = encoded.reshape(-1, WIDTH).get(places).reshape(n, count, -1);
                return new NDList(call.of(head, chosen));
            }
        };
    }

    private static Block nextSentence(NDManager m) {
        return new BlockSketch(m) {
            private final Linear hidden = linear(WIDTH, WIDTH);
            private final Linear output = linear(WIDTH, 2);

            @Override
            NDList run(Call call, NDList in) {
                NDArray first = in.head().get(":, 0, :");
                return new NDList(call.of(output, call.of(hidden, first).tanh()).logSoftmax(1));
            }
        };
    }

    private static Block meanPooling() {
        return new LambdaBlock(l -> {
            NDArray mask = l.get(1).toType(DataType.FLOAT32, true).expandDims(2);
            NDArray sum = l.get(0).mul(mask.broadcast(l.get(0).getShape())).sum(new int[] {1});
            NDArray mean = sum.div(mask.sum(new int[] {1}).clip(1e-9f, 1e12f));
            return new NDList(mean.normalize(2, 1));
        });
    }

    private static Block maxPooling() {
        return new LambdaBlock(l -> {
            NDArray x = l.get(0).duplicate();
            NDArray isPadding = l.get(1).eq(0).expandDims(2).broadcast(x.getShape());
            x.set(new NDIndex("{}", isPadding), -1e4f);
            return new NDList(x.max(new int[] {1}));
        });
    }

    private static Block topKFilter() {
        return new LambdaBlock(l -> {
            NDArray scores = l.get(0);
            NDArray least = scores.topK(4, 1, true, true).get(0).get(":, -1:");
            NDArray kept = NDArrays.where(scores.lt(least), scores.onesLike().mul(Float.NEGATIVE_INFINITY), scores);
            return new NDList(kept.softmax(1));
        });
    }

    private static Block nucleus() {
        return new LambdaBlock(l -> {
            NDArray probabilities = l.get(0).softmax(1);
            NDArray order = probabilities.argSort(1, false);
            NDArray sorted = probabilities.gather(order, 1);
            NDArray isDropped = sorted.cumSum(1).sub(sorted).gt(0.8f);
            NDArray kept = sorted.mul(isDropped.logicalNot());
            return new NDList(kept.div(kept.sum(new int[] {1}, true)), order);
        });
    }

    private static Block temperature() {
        return new LambdaBlock(l -> new NDList(l.get(0).div(l.get(1)).softmax(-1)));
    }

    private static Block penalty() {
        return new LambdaBlock(l -> {
            NDArray scores = l.get(1);
            NDArray isSeen = l.get(0).oneHot(WORDS).max(new int[] {1}).gt(0);
            NDArray lowered = NDArrays.where(scores.gt(0), scores.div(1.3f), scores.mul(1.3f));
            return new NDList(NDArrays.where(isSeen, lowered, scores));
        });
    }

    private static Block contrastive(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter scale = weight();

            @Override
            NDList run(Call call, NDList in) {
                NDArray a = in.get(0).div(in.get(0).norm(new int[] {1}, true));
                NDArray b = in.get(1).div(in.get(1).norm(new int[] {1}, true));
                NDArray scores = a.dot(b.transpose()).mul(call.value(scale, a).exp());
                return new NDList(scores, scores.transpose());
            }
        };
    }

    private static Block hashing() {
        return new LambdaBlock(l -> {
            NDArray t = l.head();
            NDArray pairs = t.get(":, :-1").mul(31).add(t.get(":, 1:")).mod(7);
            return new NDList(pairs.oneHot(7).sum(new int[] {1}));
        });
    }

    private static Block bytes(NDManager m) {
        return new BlockSketch(m) {
            private final Linear dense = linear(26, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray letters = in.head().toType(DataType.INT32, false);
                return new NDList(
                        call.of(dense, letters.oneHot(26, DataType.FLOAT32)).mean(new int[] {1}));
            }
        };
    }

    private static Block retention(NDManager m) {
        return BookNetworks.sketch(m, x -> {
            NDArray places = x.getManager().arange((float) x.getShape().get(1));
            NDArray age = places.expandDims(1).sub(places.expandDims(0));
            NDArray decay = x.getManager().create(0.9f).pow(age.maximum(0)).mul(age.gte(0));
            return x.matMul(x.swapAxes(1, 2))
                    .mul(decay)
                    .matMul(x)
                    .div(x.getShape().get(1));
        });
    }

    private static Block tokenShift(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter mix = weight(WIDTH);
            private final Linear key = linear(WIDTH, WIDTH);
            private final Linear receptance = linear(WIDTH, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray first = x.get(":, :1").zerosLike();
                NDArray shifted = first.concat(x.get(":, :-1"), 1);
                NDArray mu = Activation.sigmoid(call.value(mix, x));
                NDArray mixed = x.mul(mu).add(shifted.mul(mu.neg().add(1)));
                NDArray k = Activation.relu(call.of(key, mixed)).square();
                return new NDList(Activation.sigmoid(call.of(receptance, mixed)).mul(k));
            }
        };
    }

    private static Block stateSpace(NDManager m) {
        return new BlockSketch(m) {
            private final Linear step = linear(WIDTH, WIDTH);
            private final Parameter a = weight(WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray delta = Activation.softPlus(call.of(step, x));
                NDArray logDecay = delta.mul(call.value(a, x).abs().neg()).cumSum(1);
                NDArray difference = logDecay.expandDims(2).sub(logDecay.expandDims(1));
                NDArray places = x.getManager().arange((int) x.getShape().get(1));
                NDArray isPast = places.expandDims(1).gte(places).expandDims(0).expandDims(-1);
                NDArray weights = difference.minimum(0).exp().mul(isPast);
                return new NDList(weights.mul(delta.mul(x).expandDims(1)).sum(new int[] {2}));
            }
        };
    }
}
