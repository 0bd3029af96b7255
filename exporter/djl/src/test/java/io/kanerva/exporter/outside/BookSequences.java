package io.kanerva.exporter.outside;

import ai.djl.modality.nlp.DefaultVocabulary;
import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
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
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import java.util.List;
import java.util.stream.IntStream;

/** The book's recurrent networks, from scratch with Java loops and with the library's blocks. */
final class BookSequences {
    private static final int WORDS = 7;
    private static final int WIDTH = 4;

    private BookSequences() {}

    static List<OutsideBlock> all() {
        String tokens = "tokens:int64[N,T]";
        return List.of(
                words(OutsideBlock.of(
                        "RNN from scratch", Origin.BOOK, BookSequences::rnnFromScratch, tokens, "state:float32[N,4]")),
                words(OutsideBlock.of(
                        "RNN from scratch, five steps",
                        Origin.BOOK,
                        BookSequences::rnnFromScratch,
                        "tokens:int64[N,5]",
                        "state:float32[N,4]")),
                words(OutsideBlock.of(
                        "GRU from scratch", Origin.BOOK, m -> gated(m, false), tokens, "state:float32[N,4]")),
                words(OutsideBlock.of(
                        "LSTM from scratch",
                        Origin.BOOK,
                        m -> gated(m, true),
                        tokens,
                        "state:float32[N,4]",
                        "cell:float32[N,4]")),
                words(OutsideBlock.of(
                        "LSTM from scratch, four steps",
                        Origin.BOOK,
                        m -> gated(m, true),
                        "tokens:int64[N,4]",
                        "state:float32[N,4]",
                        "cell:float32[N,4]")),
                OutsideBlock.of(
                        "RNN from scratch, state made by the manager",
                        Origin.BOOK_COURSE,
                        BookSequences::rnnOwnState,
                        "x:float32[N,T,3]"),
                OutsideBlock.of(
                        "states of every step set into zeros",
                        Origin.BOOK_COURSE,
                        BookSequences::rnnSet,
                        "x:float32[N,T,3]"),
                OutsideBlock.of(
                        "RNN backwards through time", Origin.BOOK, BookSequences::backwards, "x:float32[N,T,3]"),
                words(OutsideBlock.of("language model with RNN", Origin.BOOK, m -> languageModel(m, rnn()), tokens)),
                words(OutsideBlock.of(
                        "language model with GRU of two layers", Origin.BOOK, m -> languageModel(m, gru()), tokens)),
                words(OutsideBlock.of("language model with LSTM", Origin.BOOK, m -> languageModel(m, lstm()), tokens)),
                words(OutsideBlock.of(
                        "language model that is given its state",
                        Origin.BOOK,
                        BookSequences::withState,
                        tokens,
                        "state:float32[1,N,4]")),
                words(OutsideBlock.of("sequence-to-sequence encoder", Origin.BOOK, BookSequences::encoder, tokens)),
                words(OutsideBlock.of(
                        "sequence-to-sequence decoder",
                        Origin.BOOK,
                        BookSequences::decoder,
                        tokens,
                        "state:float32[2,N,4]")),
                words(OutsideBlock.of(
                        "encoder and decoder in one",
                        Origin.BOOK,
                        BookSequences::encoderDecoder,
                        "source:int64[N,S]",
                        "target:int64[N,T]")),
                OutsideBlock.of(
                                "sequence mask",
                                Origin.BOOK,
                                BookSequences::sequenceMask,
                                "x:float32[N,T,3]",
                                "lengths:int64[N]")
                        .reading("lengths", 1, 9),
                OutsideBlock.of(
                                "masked cross entropy",
                                Origin.BOOK,
                                BookSequences::maskedLoss,
                                "scores:float32[N,T,7]",
                                "labels:int64[N,T]",
                                "lengths:int64[N]")
                        .reading("labels", 0, WORDS)
                        .reading("lengths", 1, 9),
                OutsideBlock.of(
                                "predicting the next words greedily, six steps",
                                Origin.BOOK,
                                BookSequences::greedy,
                                "tokens:int64[N,3]")
                        .reading("tokens", 0, WORDS),
                OutsideBlock.of("until the end token", Origin.BOOK, BookSequences::untilEnd, "tokens:int64[1]")
                        .reading("tokens", 0, WORDS)
                        .refused("getLong", "a loop that ends by the array's values"),
                words(OutsideBlock.of(
                                "skip-gram with negative samples",
                                Origin.BOOK,
                                BookSequences::skipGram,
                                "centre:int64[N,1]",
                                "context:int64[N,T]")
                        .reading("centre", 0, WORDS)
                        .reading("context", 0, WORDS)),
                words(OutsideBlock.of(
                                "GloVe's loss",
                                Origin.BOOK,
                                BookSequences::glove,
                                "tokens:int64[N]",
                                "context:int64[N]",
                                "count:float32[N]")
                        .reading("context", 0, WORDS)
                        .reading("count", 1, 200)),
                words(OutsideBlock.of(
                                "matrix factorisation",
                                Origin.BOOK,
                                BookSequences::factorisation,
                                "tokens:int64[N]",
                                "item:int64[N]")
                        .reading("item", 0, WORDS)),
                words(OutsideBlock.of(
                        "factorisation machine", Origin.BOOK, BookSequences::machine, "tokens:int64[N,5]")),
                OutsideBlock.of("text CNN", Origin.BOOK, BookSequences::textCnn, tokens)
                        .reading("tokens", 0, WORDS)
                        .within("T", 4, 300, 4, 130, 33)
                        .at("N", 1, 3, 33),
                words(OutsideBlock.of(
                        "word embedding trained with the vocabulary",
                        Origin.BOOK,
                        BookSequences::wordEmbedding,
                        tokens)));
    }

    private static OutsideBlock words(OutsideBlock block) {
        return block.inputs().stream().anyMatch(i -> i.name().equals("source"))
                ? block.reading("source", 0, WORDS).reading("target", 0, WORDS)
                : block.reading("tokens", 0, WORDS);
    }

    private static Block rnnFromScratch(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter wxh = weight(WORDS, WIDTH);
            private final Parameter whh = weight(WIDTH, WIDTH);
            private final Parameter bh = weight(WIDTH);
            private final Parameter whq = weight(WIDTH, WORDS);
            private final Parameter bq = weight(WORDS);

            @Override
            NDList run(Call call, NDList in) {
                NDArray inputs = in.get(0).transpose().oneHot(WORDS);
                NDArray h = in.get(1);
                NDList outputs = new NDList();
                for (int i = 0; i < inputs.size(0); i++) {
                    NDArray x = inputs.get(i);
                    h = x.dot(call.value(wxh, x))
                            .add(h.dot(call.value(whh, x)))
                            .add(call.value(bh, x))
                            .tanh();
                    outputs.add(h.dot(call.value(whq, x)).add(call.value(bq, x)));
                }
                return new NDList(outputs.size() > 1 ? NDArrays.concat(outputs) : outputs.get(0), h);
            }
        };
    }

    private static Block gated(NDManager m, boolean isLstm) {
        return new BlockSketch(m) {
            private final Parameter[] w = new Parameter[4];
            private final Parameter[] u = new Parameter[4];
            private final Parameter[] b = new Parameter[4];
            private final Linear out = linear(WIDTH, WORDS);

            {
                for (int i = 0; i < (isLstm ? 4 : 3); i++) {
                    w[i] = weight(WORDS, WIDTH);
                    u[i] = weight(WIDTH, WIDTH);
                    b[i] = weight(WIDTH);
                }
            }

            private NDArray gate(Call call, int i, NDArray x, NDArray h) {
                return x.dot(call.value(w[i], x))
                        .add(h.dot(call.value(u[i], x)))
                        .add(call.value(b[i], x));
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray inputs = in.get(0).transpose().oneHot(WORDS);
                NDArray h = in.get(1);
                NDArray c = isLstm ? in.get(2) : null;
                NDList outputs = new NDList();
                for (int t = 0; t < inputs.size(0); t++) {
                    NDArray x = inputs.get(t);
                    if (isLstm) {
                        NDArray i = Activation.sigmoid(gate(call, 0, x, h));
                        NDArray f = Activation.sigmoid(gate(call, 1, x, h));
                        NDArray o = Activation.sigmoid(gate(call, 2, x, h));
                        c = f.mul(c).add(i.mul(Activation.tanh(gate(call, 3, x, h))));
                        h = o.mul(Activation.tanh(c));
                    } else {
                        NDArray z = Activation.sigmoid(gate(call, 0, x, h));
                        NDArray r = Activation.sigmoid(gate(call, 1, x, h));
                        NDArray candidate = Activation.tanh(gate(call, 2, x, r.mul(h)));
                        h = z.mul(h).add(z.mul(-1).add(1).mul(candidate));
                    }
                    outputs.add(call.of(out, h));
                }
                NDList result = new NDList(NDArrays.concat(outputs), h);
                return isLstm ? result.addAll(new NDList(c)) : result;
            }
        };
    }

    private static Block rnnOwnState(NDManager m) {
        return new BlockSketch(m) {
            private final Linear fromInput = linear(3, WIDTH);
            private final Linear fromState = linear(WIDTH, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.singletonOrThrow();
                NDArray state = x.getManager().zeros(new Shape(x.getShape().get(0), WIDTH));
                for (long t = 0; t < x.getShape().get(1); t++) {
                    NDArray step = x.get(":, " + t);
                    state = call.of(fromInput, step)
                            .add(call.of(fromState, state))
                            .tanh();
                }
                return new NDList(state);
            }
        };
    }

    private static Block rnnSet(NDManager m) {
        return new BlockSketch(m) {
            private final Linear cell = linear(3 + WIDTH, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.singletonOrThrow();
                long n = x.getShape().get(0);
                long steps = x.getShape().get(1);
                NDArray states = x.getManager().zeros(new Shape(n, steps, WIDTH));
                NDArray h = x.getManager().zeros(new Shape(n, WIDTH));
                for (long t = 0; t < steps; t++) {
                    h = Activation.tanh(
                            call.of(cell, x.get(new NDIndex(":,{},:", t)).concat(h, 1)));
                    states.set(new NDIndex(":,{},:", t), h);
                }
                return new NDList(states);
            }
        };
    }

    private static Block backwards(NDManager m) {
        return new BlockSketch(m) {
            private final Linear cell = linear(3 + WIDTH, WIDTH);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.singletonOrThrow().transpose(1, 0, 2);
                NDArray h = x.getManager().zeros(new Shape(x.getShape().get(1), WIDTH));
                NDList states = new NDList();
                for (long t = x.getShape().get(0) - 1; t >= 0; t--) {
                    h = Activation.relu(call.of(cell, NDArrays.concat(new NDList(x.get(t), h), -1)));
                    states.add(0, h);
                }
                return new NDList(NDArrays.stack(states, 1));
            }
        };
    }

    private static RecurrentBlock rnn() {
        return RNN.builder()
                .setActivation(RNN.Activation.TANH)
                .setStateSize(WIDTH)
                .setNumLayers(1)
                .optReturnState(true)
                .optBatchFirst(false)
                .build();
    }

    private static RecurrentBlock gru() {
        return GRU.builder()
                .setStateSize(WIDTH)
                .setNumLayers(2)
                .optReturnState(true)
                .optBatchFirst(false)
                .build();
    }

    private static RecurrentBlock lstm() {
        return LSTM.builder()
                .setStateSize(WIDTH)
                .setNumLayers(1)
                .optReturnState(true)
                .optBatchFirst(false)
                .build();
    }

    private static Block languageModel(NDManager m, RecurrentBlock recurrent) {
        return new BlockSketch(m) {
            private final RecurrentBlock layer = child(recurrent, 2, 2, WORDS);
            private final Linear dense = linear(WIDTH, WORDS);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0).transpose().oneHot(WORDS);
                in.set(0, x);
                NDList result = layer.forward(call.store(), in, call.isTraining());
                NDArray y = result.get(0);
                int dimension = y.getShape().dimension();
                NDArray scores =
                        call.of(dense, y.reshape(new Shape(-1, y.getShape().get(dimension - 1))));
                return new NDList(scores).addAll(result.subNDList(1));
            }
        };
    }

    private static Block withState(NDManager m) {
        return languageModel(m, rnn());
    }

    private static TrainableWordEmbedding embedding(int words) {
        List<String> vocabulary =
                IntStream.range(0, words).mapToObj(i -> "w" + i).toList();
        return TrainableWordEmbedding.builder()
                .setVocabulary(new DefaultVocabulary(vocabulary))
                .setEmbeddingSize(3)
                .optUnknownToken("w0")
                .optUseDefault(false)
                .build();
    }

    private static Block encoder(NDManager m) {
        return new BlockSketch(m) {
            private final TrainableWordEmbedding embedding = child(embedding(WORDS), 2, 2);
            private final RecurrentBlock rnn = child(gru(), 2, 2, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(embedding, in.get(0)).swapAxes(0, 1);
                return rnn.forward(call.store(), new NDList(x), call.isTraining());
            }
        };
    }

    private static Block decoder(NDManager m) {
        return new BlockSketch(m) {
            private final TrainableWordEmbedding embedding = child(embedding(WORDS), 2, 2);
            private final RecurrentBlock rnn = child(gru(), 2, 2, 3 + WIDTH);
            private final Linear dense = linear(WIDTH, WORDS);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(embedding, in.head()).swapAxes(0, 1);
                NDArray state = in.get(1);
                NDArray context = state.get(new NDIndex(-1));
                context = context.broadcast(new Shape(
                        x.getShape().get(0),
                        context.getShape().get(0),
                        context.getShape().get(1)));
                NDList result = rnn.forward(
                        call.store(), new NDList(NDArrays.concat(new NDList(x, context), 2), state), call.isTraining());
                return new NDList(call.of(dense, result.head()).swapAxes(0, 1), result.get(1));
            }
        };
    }

    private static Block encoderDecoder(NDManager m) {
        return new BlockSketch(m) {
            private final Block encoder = child(encoder(manager), 1, 1);
            private final Block decoder = child(decoder(manager), 1, 1);

            @Override
            NDList run(Call call, NDList in) {
                NDList encoded = call.list(encoder, in.get(0));
                return new NDList(call.list(decoder, in.get(1), encoded.get(1)).head());
            }
        };
    }

    /** Whether a place is within its sequence's length: (N, T). PyTorch's engine has no sequenceMask. */
    static NDArray within(NDArray lengths, long steps) {
        NDArray places = lengths.getManager().arange(0, (int) steps, 1, lengths.getDataType());
        return places.reshape(1, -1).lt(lengths.reshape(-1, 1));
    }

    private static Block sequenceMask(NDManager m) {
        return new LambdaBlock(list -> {
            NDArray x = list.get(0);
            NDArray mask = within(list.get(1), x.getShape().get(1)).expandDims(-1);
            return new NDList(
                    NDArrays.where(mask.broadcast(x.getShape()), x, x.onesLike().neg()), x.mul(mask));
        });
    }

    private static Block maskedLoss(NDManager m) {
        return new LambdaBlock(list -> {
            NDArray labels = list.get(1);
            NDArray weights = within(list.get(2), labels.getShape().get(1))
                    .toType(DataType.FLOAT32, true)
                    .expandDims(-1);
            NDIndex pick = new NDIndex().addAllDim().addAllDim().addPickDim(labels.expandDims(-1));
            NDArray picked = list.get(0).logSoftmax(-1).get(pick);
            return new NDList(picked.neg().mul(weights).mean(new int[] {1}));
        });
    }

    private static Block greedy(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter table = weight(2f, WORDS, WIDTH);
            private final Linear cell = linear(2 * WIDTH, WIDTH);
            private final Linear dense = linear(WIDTH, WORDS);

            @Override
            NDList run(Call call, NDList in) {
                NDArray tokens = in.head();
                NDArray h = call.value(table, tokens).get(tokens).mean(new int[] {1});
                NDArray token = tokens.get(":, -1");
                NDList found = new NDList();
                for (int i = 0; i < 6; i++) {
                    NDArray x = call.value(table, tokens).get(token);
                    h = call.of(cell, x.concat(h, 1)).tanh();
                    token = call.of(dense, h).argMax(1);
                    found.add(token);
                }
                return new NDList(NDArrays.stack(found, 1));
            }
        };
    }

    private static Block untilEnd(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter table = weight(WORDS, WORDS);

            @Override
            NDList run(Call call, NDList in) {
                NDArray token = in.head();
                NDList found = new NDList();
                while (found.size() < 9) {
                    token = call.value(table, token).get(token).argMax(1);
                    found.add(token);
                    if (token.getLong() == 1) {
                        break;
                    }
                }
                return new NDList(NDArrays.concat(found));
            }
        };
    }

    private static Block skipGram(NDManager m) {
        return new BlockSketch(m) {
            private final TrainableWordEmbedding v = child(embedding(WORDS), 2, 2);
            private final TrainableWordEmbedding u = child(embedding(WORDS), 2, 2);

            @Override
            NDList run(Call call, NDList in) {
                NDArray centre = call.of(v, in.get(0));
                NDArray context = call.of(u, in.get(1));
                return new NDList(centre.batchMatMul(context.swapAxes(1, 2)));
            }
        };
    }

    private static Block glove(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter v = weight(WORDS, 3);
            private final Parameter u = weight(WORDS, 3);
            private final Parameter bias = weight(WORDS);

            @Override
            NDList run(Call call, NDList in) {
                NDArray word = in.get(0);
                NDArray dot = call.value(v, word)
                        .get(word)
                        .mul(call.value(u, word).get(in.get(1)))
                        .sum(new int[] {1});
                NDArray b = call.value(bias, word)
                        .get(word)
                        .add(call.value(bias, word).get(in.get(1)));
                NDArray h = in.get(2).div(100).pow(0.75).minimum(1f);
                return new NDList(
                        h.mul(dot.add(b).sub(in.get(2).log()).square()).sum());
            }
        };
    }

    private static Block factorisation(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter p = weight(WORDS, 3);
            private final Parameter q = weight(WORDS, 3);
            private final Parameter b = weight(WORDS, 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray user = in.get(0);
                NDArray pu = call.value(p, user).get(user);
                NDArray qi = call.value(q, user).get(in.get(1));
                NDArray outputs = pu.mul(qi)
                        .sum(new int[] {1})
                        .add(call.value(b, user).get(user).squeeze(1));
                return new NDList(outputs.flatten());
            }
        };
    }

    private static Block machine(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter table = weight(WORDS, 3);
            private final Parameter first = weight(WORDS, 1);
            private final NDArray offsets = manager.create(new long[] {0, 0, 0, 0, 0});

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head().add(offsets);
                NDArray e = call.value(table, x).get(x);
                NDArray squareOfSum = e.sum(new int[] {1}).square();
                NDArray sumOfSquare = e.square().sum(new int[] {1});
                NDArray pairs =
                        squareOfSum.sub(sumOfSquare).sum(new int[] {1}, true).mul(0.5f);
                NDArray linear = call.value(first, x).get(x).sum(new int[] {1});
                return new NDList(Activation.sigmoid(linear.add(pairs)));
            }
        };
    }

    private static Block textCnn(NDManager m) {
        return new BlockSketch(m) {
            private final TrainableWordEmbedding embedding = child(embedding(WORDS), 2, 2);
            private final List<Block> convolutions = IntStream.of(2, 3, 4)
                    .mapToObj(kernel -> (Block) child(
                            ai.djl.nn.convolutional.Conv1d.builder()
                                    .setKernelShape(new Shape(kernel))
                                    .setFilters(2)
                                    .build(),
                            1,
                            3,
                            8))
                    .toList();
            private final Linear dense = linear(6, 2);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(embedding, in.head()).transpose(0, 2, 1);
                NDList pooled = new NDList();
                for (Block convolution : convolutions) {
                    pooled.add(Activation.relu(call.of(convolution, x)).max(new int[] {2}));
                }
                return new NDList(call.of(dense, NDArrays.concat(pooled, 1)));
            }
        };
    }

    private static Block wordEmbedding(NDManager m) {
        return BookNetworks.initialised(m, embedding(WORDS), 2);
    }
}
