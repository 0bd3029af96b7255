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
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import java.util.List;

/** Attention as the book's chapter builds it up, to the transformer and to its vision variant. */
final class Attention {
    private static final int WIDTH = 8;
    private static final int HEADS = 2;

    private Attention() {}

    static List<OutsideBlock> all() {
        String x = "x:float32[N,T,8]";
        String lengths = "lengths:int64[N]";
        return List.of(
                OutsideBlock.of(
                        "attention pooling with a kernel",
                        Origin.BOOK,
                        Attention::kernelPooling,
                        "queries:float32[Q]",
                        "keys:float32[Q,K]",
                        "values:float32[Q,K]"),
                OutsideBlock.of(
                        "attention pooling of fixed keys", Origin.BOOK, Attention::fixedKeys, "queries:float32[N]"),
                lengths(OutsideBlock.of(
                        "masked softmax",
                        Origin.BOOK,
                        m -> new LambdaBlock(l -> new NDList(maskedSoftmax(l.get(0), l.get(1)))),
                        "scores:float32[N,Q,K]",
                        lengths)),
                lengths(OutsideBlock.of(
                        "masked softmax with a length for each query",
                        Origin.BOOK,
                        m -> new LambdaBlock(l -> new NDList(maskedSoftmax(l.get(0), l.get(1)))),
                        "scores:float32[N,Q,K]",
                        "lengths:int64[N,Q]")),
                lengths(OutsideBlock.of(
                        "additive attention",
                        Origin.BOOK,
                        Attention::additive,
                        "queries:float32[N,Q,3]",
                        "keys:float32[N,K,5]",
                        "values:float32[N,K,4]",
                        lengths)),
                lengths(OutsideBlock.of(
                        "scaled dot-product attention",
                        Origin.BOOK,
                        m -> dotProduct(m),
                        "queries:float32[N,Q,4]",
                        "keys:float32[N,K,4]",
                        "values:float32[N,K,6]",
                        lengths)),
                lengths(OutsideBlock.of(
                        "multi-head attention",
                        Origin.BOOK,
                        m -> multiHead(m),
                        x,
                        "keys:float32[N,K,8]",
                        "values:float32[N,K,8]",
                        lengths)),
                OutsideBlock.of("positional encoding by a slice of a table", Origin.BOOK, m -> positions(m, 600), x)
                        .within("T", 1, 600, 1, 33, 513, 600)
                        .at("N", 1, 3),
                OutsideBlock.of(
                        "positional encoding, made in forward", Origin.BOOK_KOTLIN, Attention::positionsInForward, x),
                OutsideBlock.of("learnt positions", Origin.BOOK_KOTLIN, Attention::learntPositions, x)
                        .within("T", 1, 300, 1, 33, 300)
                        .at("N", 1, 3),
                lengths(OutsideBlock.of(
                        "transformer encoder block", Origin.BOOK_KOTLIN, Attention::encoderBlock, x, lengths)),
                lengths(OutsideBlock.of(
                        "transformer decoder block",
                        Origin.BOOK_KOTLIN,
                        Attention::decoderBlock,
                        x,
                        "memory:float32[N,S,8]",
                        lengths)),
                OutsideBlock.of(
                        "decoder block with cached keys",
                        Origin.BOOK_KOTLIN,
                        Attention::cached,
                        "x:float32[N,1,8]",
                        "past:float32[N,P,8]"),
                OutsideBlock.of(
                        "sequence-to-sequence decoder with attention",
                        Origin.BOOK,
                        m -> attentionDecoder(m),
                        "x:float32[N,T,3]",
                        "memory:float32[N,S,4]",
                        "state:float32[1,N,4]"),
                OutsideBlock.of(
                        "sequence-to-sequence decoder with attention, three steps",
                        Origin.BOOK,
                        m -> attentionDecoder(m),
                        "x:float32[N,3,3]",
                        "memory:float32[N,S,4]",
                        "state:float32[1,N,4]"),
                OutsideBlock.of("patch embedding", Origin.BOOK_KOTLIN, Attention::patches, "x:float32[N,3,H,W]")
                        .within("H", 4, 400, 4, 64, 130)
                        .within("W", 4, 400, 5, 33, 65),
                OutsideBlock.of(
                        "vision transformer", Origin.BOOK_KOTLIN, Attention::visionTransformer, "x:float32[N,3,16,16]"),
                OutsideBlock.of(
                        "decomposable attention of two sentences",
                        Origin.BOOK,
                        Attention::decomposable,
                        "a:float32[N,S,5]",
                        "b:float32[N,T,5]"),
                OutsideBlock.of("attention with heads in a Java loop", Origin.HABITS, Attention::loopedHeads, x),
                OutsideBlock.of(
                                "attention over the batch, axis by axis",
                                Origin.PAPERS,
                                Attention::axial,
                                "x:float32[N,H,W,8]")
                        .at("H", 1, 33, 5)
                        .at("W", 65, 2, 10),
                OutsideBlock.of("linear attention", Origin.PAPERS, Attention::linearAttention, x),
                OutsideBlock.of(
                        "the library's attention block with a mask",
                        Origin.DJL,
                        Attention::libraryAttention,
                        x,
                        "mask:int64[N,T,T]"),
                OutsideBlock.of("memory attention with learnt slots", Origin.PAPERS, Attention::slots, x),
                OutsideBlock.of("perceiver's latents", Origin.PAPERS, Attention::latents, x));
    }

    private static OutsideBlock lengths(OutsideBlock block) {
        return block.reading("lengths", 1, 9);
    }

    private static Block kernelPooling(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter w = weight(1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray keys = in.get(1);
                NDArray queries = in.get(0)
                        .repeat(keys.getShape().get(1))
                        .reshape(new Shape(-1, keys.getShape().get(1)));
                NDArray weights = queries.sub(keys)
                        .mul(w.getArray())
                        .pow(2)
                        .div(2)
                        .mul(-1)
                        .softmax(-1);
                return new NDList(weights.expandDims(1)
                        .batchMatMul(in.get(2).expandDims(-1))
                        .reshape(-1));
            }
        };
    }

    private static Block fixedKeys(NDManager m) {
        NDArray keys = m.randomUniform(0, 5, new Shape(9)).sort();
        NDArray values = keys.sin().mul(2).add(keys.pow(0.8));
        return LambdaBlock.singleton(x -> {
            NDArray repeated = x.repeat(9).reshape(new Shape(-1, 9));
            return repeated.sub(keys)
                    .pow(2)
                    .div(2)
                    .mul(-1)
                    .softmax(-1)
                    .mul(values)
                    .sum(new int[] {1});
        });
    }

    /** The book's masked softmax without sequenceMask, which PyTorch's engine lacks. */
    static NDArray maskedSoftmax(NDArray scores, NDArray lengths) {
        if (lengths == null) {
            return scores.softmax(-1);
        }
        Shape shape = scores.getShape();
        NDArray each = lengths.getShape().dimension() == 1 ? lengths.repeat(shape.get(1)) : lengths.reshape(-1);
        NDArray flat = scores.reshape(new Shape(-1, shape.get(shape.dimension() - 1)));
        NDArray isKept = BookSequences.within(each, shape.get(shape.dimension() - 1));
        flat = NDArrays.where(isKept, flat, flat.onesLike().mul(-1e6f));
        return flat.softmax(-1).reshape(shape);
    }

    private static Block additive(NDManager m) {
        return new BlockSketch(m) {
            private final Linear wk = linear(5, WIDTH);
            private final Linear wq = linear(3, WIDTH);
            private final Linear wv = linear(WIDTH, 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray queries = call.of(wq, in.get(0));
                NDArray keys = call.of(wk, in.get(1));
                NDArray features = queries.expandDims(2).add(keys.expandDims(1)).tanh();
                NDArray scores = call.of(wv, features).squeeze(-1);
                return new NDList(maskedSoftmax(scores, in.get(3)).batchMatMul(in.get(2)));
            }
        };
    }

    private static BlockSketch dotProduct(NDManager m) {
        return new BlockSketch(m) {
            private final Dropout dropout =
                    child(Dropout.builder().optRate(0.5f).build(), 1, 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray queries = in.get(0);
                long depth = queries.getShape().get(queries.getShape().dimension() - 1);
                NDArray scores = queries.batchMatMul(in.get(1).swapAxes(1, 2)).div(Math.sqrt(depth));
                NDArray weights = maskedSoftmax(scores, in.size() > 3 ? in.get(3) : null);
                return new NDList(call.of(dropout, weights).batchMatMul(in.get(2)));
            }
        };
    }

    private static NDArray splitHeads(NDArray x) {
        NDArray heads =
                x.reshape(x.getShape().get(0), x.getShape().get(1), HEADS, -1).transpose(0, 2, 1, 3);
        return heads.reshape(-1, heads.getShape().get(2), heads.getShape().get(3));
    }

    private static NDArray joinHeads(NDArray x) {
        NDArray heads =
                x.reshape(-1, HEADS, x.getShape().get(1), x.getShape().get(2)).transpose(0, 2, 1, 3);
        return heads.reshape(heads.getShape().get(0), heads.getShape().get(1), -1);
    }

    static BlockSketch multiHead(NDManager m) {
        return new BlockSketch(m) {
            private final BlockSketch attention = child(dotProduct(manager), 1);
            private final Linear wq = linear(WIDTH, WIDTH);
            private final Linear wk = linear(WIDTH, WIDTH);
            private final Linear wv = linear(WIDTH, WIDTH);
            private final Linear wo = linear(WIDTH, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDList heads = new NDList(
                        splitHeads(call.of(wq, in.get(0))),
                        splitHeads(call.of(wk, in.get(1))),
                        splitHeads(call.of(wv, in.get(2))));
                if (in.size() > 3) {
                    heads.add(in.get(3).repeat(0, HEADS));
                }
                NDArray output = attention
                        .forward(call.store(), heads, call.isTraining())
                        .head();
                return new NDList(call.of(wo, joinHeads(output)));
            }
        };
    }

    private static Block positions(NDManager m, int most) {
        return new BlockSketch(m) {
            private final NDArray p = manager.zeros(new Shape(1, most, WIDTH));

            {
                NDArray angles = manager.arange(most)
                        .reshape(-1, 1)
                        .toType(DataType.FLOAT32, false)
                        .div(manager.create(10000f)
                                .pow(manager.arange(0f, WIDTH, 2).div(WIDTH)));
                p.set(new NDIndex(":, :, {}::{}", 0, 2), angles.sin());
                p.set(new NDIndex(":, :, {}::{}", 1, 2), angles.cos());
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0);
                return new NDList(x.add(p.get(":, :{}, :", x.getShape().get(1))));
            }
        };
    }

    private static Block positionsInForward(NDManager m) {
        return BookNetworks.sketch(m, x -> {
            NDManager own = x.getManager();
            long steps = x.getShape().get(1);
            NDArray encoding = own.zeros(new Shape(1, steps, WIDTH));
            NDArray angles = own.arange((float) steps)
                    .reshape(-1, 1)
                    .div(own.create(10000f).pow(own.arange(0f, WIDTH, 2).div(WIDTH)));
            encoding.set(new NDIndex(":, :, 0::2"), angles.sin());
            encoding.set(new NDIndex(":, :, 1::2"), angles.cos());
            return x.mul(Math.sqrt(WIDTH)).add(encoding);
        });
    }

    private static Block learntPositions(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter positions = weight(1, 300, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray table = call.value(positions, x);
                return new NDList(x.add(table.get(new NDIndex(":, 0:{}", x.size(1)))));
            }
        };
    }

    private static Block feedForward() {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(12).build())
                .add(Activation::gelu)
                .add(Linear.builder().setUnits(WIDTH).build());
    }

    static BlockSketch encoderBlock(NDManager m) {
        return new BlockSketch(m) {
            private final BlockSketch attention = child(multiHead(manager), 1);
            private final LayerNorm first = child(LayerNorm.builder().axis(2).build(), 1, 1, WIDTH);
            private final LayerNorm second = child(LayerNorm.builder().axis(2).build(), 1, 1, WIDTH);
            private final Block feedForward = child(feedForward(), 1, 1, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray attended = in.size() > 1 ? call.of(attention, x, x, x, in.get(1)) : call.of(attention, x, x, x);
                NDArray y = call.of(first, x.add(attended));
                return new NDList(call.of(second, y.add(call.of(feedForward, y))));
            }
        };
    }

    private static Block decoderBlock(NDManager m) {
        return new BlockSketch(m) {
            private final BlockSketch self = child(multiHead(manager), 1);
            private final BlockSketch cross = child(multiHead(manager), 1);
            private final LayerNorm norm = child(LayerNorm.builder().axis(2).build(), 1, 1, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long n = x.getShape().get(0);
                long steps = x.getShape().get(1);
                NDArray lengths = x.getManager()
                        .arange(1, (int) steps + 1)
                        .toType(DataType.INT64, false)
                        .tile(n)
                        .reshape(n, steps);
                NDArray y = call.of(norm, x.add(call.of(self, x, x, x, lengths)));
                return new NDList(y.add(call.of(cross, y, in.get(1), in.get(1), in.get(2))));
            }
        };
    }

    private static Block cached(NDManager m) {
        return new BlockSketch(m) {
            private final BlockSketch attention = child(multiHead(manager), 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray keys = in.get(1).concat(x, 1);
                return new NDList(call.of(attention, x, keys, keys), keys);
            }
        };
    }

    private static Block attentionDecoder(NDManager m) {
        return new BlockSketch(m) {
            private final BlockSketch attention = child(dotProduct(manager), 1);
            private final GRU rnn = child(
                    GRU.builder()
                            .setStateSize(4)
                            .setNumLayers(1)
                            .optBatchFirst(false)
                            .optReturnState(true)
                            .build(),
                    1,
                    2,
                    7);
            private final Linear dense = linear(4, 5);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0).swapAxes(0, 1);
                NDArray memory = in.get(1);
                NDArray state = in.get(2);
                NDList outputs = new NDList();
                for (long t = 0; t < x.getShape().get(0); t++) {
                    NDArray query = state.get(-1).expandDims(1);
                    NDArray context = call.of(attention, query, memory, memory);
                    NDArray step = NDArrays.concat(new NDList(context, x.get(t).expandDims(1)), -1);
                    NDList result =
                            rnn.forward(call.store(), new NDList(step.swapAxes(0, 1), state), call.isTraining());
                    outputs.add(result.head());
                    state = result.get(1);
                }
                return new NDList(call.of(dense, NDArrays.concat(outputs)).swapAxes(0, 1), state);
            }
        };
    }

    private static Block patches(NDManager m) {
        return new BlockSketch(m) {
            private final Conv2d conv = child(
                    Conv2d.builder()
                            .setKernelShape(new Shape(4, 4))
                            .optStride(new Shape(4, 4))
                            .setFilters(WIDTH)
                            .build(),
                    1,
                    3,
                    8,
                    8);

            @Override
            NDList run(Call call, NDList in) {
                NDArray f = call.of(conv, in.head());
                return new NDList(
                        f.reshape(new Shape(f.getShape().get(0), f.getShape().get(1), -1))
                                .transpose(0, 2, 1));
            }
        };
    }

    private static Block visionTransformer(NDManager m) {
        return new BlockSketch(m) {
            private final BlockSketch patches = child((BlockSketch) patches(manager), 1);
            private final Parameter token = weight(1, 1, WIDTH);
            private final Parameter positions = weight(1, 17, WIDTH);
            private final List<BlockSketch> blocks =
                    List.of(child(encoderBlock(manager), 1), child(encoderBlock(manager), 1));
            private final Linear head = linear(WIDTH, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(patches, in.head());
                NDArray first = call.value(token, x).repeat(0, x.getShape().get(0));
                x = NDArrays.concat(new NDList(first, x), 1).add(call.value(positions, x));
                for (BlockSketch block : blocks) {
                    x = call.of(block, x);
                }
                return new NDList(call.of(head, x.get(new NDIndex(":, 0"))));
            }
        };
    }

    private static Block decomposable(NDManager m) {
        return new BlockSketch(m) {
            private final Linear attend = linear(5, 6);
            private final Linear compare = linear(10, 6);
            private final Linear aggregate = linear(12, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray a = in.get(0);
                NDArray b = in.get(1);
                NDArray e = Activation.relu(call.of(attend, a))
                        .batchMatMul(Activation.relu(call.of(attend, b)).transpose(0, 2, 1));
                NDArray beta = e.softmax(-1).batchMatMul(b);
                NDArray alpha = e.transpose(0, 2, 1).softmax(-1).batchMatMul(a);
                NDArray va =
                        Activation.relu(call.of(compare, a.concat(beta, 2))).sum(new int[] {1});
                NDArray vb =
                        Activation.relu(call.of(compare, b.concat(alpha, 2))).mean(new int[] {1});
                return new NDList(call.of(aggregate, va.concat(vb, 1)));
            }
        };
    }

    private static Block loopedHeads(NDManager m) {
        return new BlockSketch(m) {
            private final Linear qkv = linear(WIDTH, 3 * WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDList parts = call.of(qkv, in.head()).split(3, 2);
                NDList heads = new NDList();
                int size = WIDTH / HEADS;
                for (int h = 0; h < HEADS; h++) {
                    String part = ":, :, " + h * size + ":" + (h + 1) * size;
                    NDArray scores =
                            parts.get(0).get(part).matMul(parts.get(1).get(part).transpose(0, 2, 1));
                    heads.add(scores.mul(1 / Math.sqrt(size))
                            .softmax(2)
                            .matMul(parts.get(2).get(part)));
                }
                return new NDList(NDArrays.concat(heads, 2));
            }
        };
    }

    private static Block axial(NDManager m) {
        return new BlockSketch(m) {
            private final BlockSketch rows = child(multiHead(manager), 1);
            private final BlockSketch columns = child(multiHead(manager), 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long n = x.getShape().get(0);
                long h = x.getShape().get(1);
                long w = x.getShape().get(2);
                NDArray row = x.reshape(n * h, w, WIDTH);
                NDArray y = call.of(rows, row, row, row).reshape(n, h, w, WIDTH);
                NDArray column = y.transpose(0, 2, 1, 3).reshape(n * w, h, WIDTH);
                return new NDList(call.of(columns, column, column, column)
                        .reshape(n, w, h, WIDTH)
                        .transpose(0, 2, 1, 3));
            }
        };
    }

    private static Block linearAttention(NDManager m) {
        return new BlockSketch(m) {
            private final Linear q = linear(WIDTH, WIDTH);
            private final Linear k = linear(WIDTH, WIDTH);
            private final Linear v = linear(WIDTH, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray queries = Activation.elu(call.of(q, x), 1f).add(1);
                NDArray keys = Activation.elu(call.of(k, x), 1f).add(1);
                NDArray kv = keys.transpose(0, 2, 1).matMul(call.of(v, x));
                NDArray z = queries.mul(keys.sum(new int[] {1}, true)).sum(new int[] {2}, true);
                return new NDList(queries.matMul(kv).div(z.add(1e-6f)));
            }
        };
    }

    private static Block libraryAttention(NDManager m) {
        return new BlockSketch(m) {
            private final ScaledDotProductAttentionBlock attention = child(
                    ScaledDotProductAttentionBlock.builder()
                            .setEmbeddingSize(WIDTH)
                            .setHeadCount(HEADS)
                            .build(),
                    1,
                    1,
                    WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0);
                return attention.forward(call.store(), new NDList(x, x, x, in.get(1)), call.isTraining());
            }
        };
    }

    private static Block slots(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter keys = weight(5, WIDTH);
            private final Parameter values = weight(5, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray weights = x.matMul(call.value(keys, x).transpose()).softmax(-1);
                return new NDList(weights.matMul(call.value(values, x)));
            }
        };
    }

    private static Block latents(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter latents = weight(4, WIDTH);
            private final BlockSketch attention = child(multiHead(manager), 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray queries = call.value(latents, x)
                        .expandDims(0)
                        .broadcast(new Shape(x.getShape().get(0), 4, WIDTH));
                return new NDList(
                        call.of(attention, queries, x, x).reshape(x.getShape().get(0), 4 * WIDTH));
            }
        };
    }
}
