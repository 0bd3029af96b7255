package io.kanerva.exporter.fusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.transformer.BertBlock;
import ai.djl.nn.transformer.IdEmbedding;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.TruncatedNormalInitializer;
import ai.djl.util.PairList;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxExporter;
import io.kanerva.exporter.onnx.OnnxModel;
import io.kanerva.exporter.trace.InputSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Small transformers whose patterns ONNX Runtime fuses; {@code tools/bench/onnx-graphs/fusions.py} has the same in
 * PyTorch.
 */
public final class FusionNetworks {
    static final int WIDTH = 64;
    static final int HEADS = 4;
    static final int LAYERS = 2;
    static final int WORDS = 50;
    static final int LENGTH = 16;

    private FusionNetworks() {}

    /** Writes every network to a folder as {@code NAME.onnx}. */
    public static void main(String[] arguments) throws IOException {
        for (String name : names()) {
            export(name).write(Path.of(arguments[0]).resolve(name + ".onnx"));
        }
    }

    static List<String> names() {
        return List.copyOf(NETWORKS.keySet());
    }

    private static final Map<String, Function<ExportOptions, OnnxModel>> NETWORKS = new LinkedHashMap<>();

    static {
        NETWORKS.put("bert-djl", o -> export(o, djl(), "tokens:int64[N,16]", "types:int64[N,16]", "mask:int64[N,16]"));
        NETWORKS.put("bert", o -> export(o, new Bert(), "tokens:int64[N,T]", "mask:float32[N,T]"));
        NETWORKS.put("gpt", o -> export(o, new Gpt(), "tokens:int64[N,16]"));
    }

    static OnnxModel export(String name) {
        return export(name, ExportOptions.defaults());
    }

    static OnnxModel export(String name, ExportOptions options) {
        return NETWORKS.get(name).apply(options);
    }

    private static OnnxModel export(ExportOptions options, Block block, String... inputs) {
        List<InputSpec> specs = new ArrayList<>();
        for (String input : inputs) {
            specs.add(InputSpec.parse(input));
        }
        block.setInitializer(new TruncatedNormalInitializer(0.1f), Parameter.Type.WEIGHT);
        Shape[] shapes = specs.stream().map(spec -> new Shape(2, LENGTH)).toArray(Shape[]::new);
        block.initialize(NDManager.newBaseManager(), DataType.FLOAT32, shapes);
        return OnnxExporter.export(
                block,
                specs,
                List.of(),
                options.withInputRange("tokens", 0, WORDS).withDimensionLimit("N", 2, 8));
    }

    /** DJL's own BERT, which normalises by batches. */
    private static Block djl() {
        return BertBlock.builder()
                .setTokenDictionarySize(WORDS)
                .optTypeDictionarySize(2)
                .optEmbeddingSize(WIDTH)
                .optAttentionHeadCount(HEADS)
                .optHiddenSize(2 * WIDTH)
                .optTransformerBlockCount(LAYERS)
                .optMaxSequenceLength(LENGTH)
                .build();
    }

    /** A block whose children initialise themselves from the shapes that they are given. */
    private abstract static class Part extends AbstractBlock {
        final Linear linear(String name, int width) {
            return addChildBlock(name, Linear.builder().setUnits(width).build());
        }

        final LayerNorm norm(String name) {
            return addChildBlock(name, LayerNorm.builder().axis(2).build());
        }

        static NDArray run(Block block, ParameterStore store, NDArray... inputs) {
            return block.forward(store, new NDList(inputs), false).head();
        }

        /** Runs the block. */
        abstract NDArray compute(ParameterStore store, NDList inputs);

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            return new NDList(compute(store, inputs));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] shapes) {
            return new Shape[] {new Shape(shapes[0].get(0), shapes[0].get(1), WIDTH)};
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
            Shape rows = new Shape(2, LENGTH, WIDTH);
            getChildren().values().forEach(child -> {
                boolean isWide = child instanceof Linear && getChildren().get("02contract") == child;
                child.initialize(manager, type, isWide ? new Shape(2, LENGTH, 2 * WIDTH) : rows);
            });
        }
    }

    /** Linear, GELU, linear. */
    private static final class FeedForward extends Part {
        private final Block expand = linear("expand", 2 * WIDTH);
        private final Block contract = linear("contract", WIDTH);

        @Override
        NDArray compute(ParameterStore store, NDList inputs) {
            return run(contract, store, Activation.gelu(run(expand, store, inputs.head())));
        }
    }

    /** An encoder layer as in BERT: normalises after adding. */
    private static final class EncoderLayer extends Part {
        private final Block attention = addChildBlock(
                "attention",
                ScaledDotProductAttentionBlock.builder()
                        .setEmbeddingSize(WIDTH)
                        .setHeadCount(HEADS)
                        .optAttentionProbsDropoutProb(0.1f)
                        .build());
        private final Block attentionNorm = norm("attentionNorm");
        private final Block feedForward = addChildBlock("feedForward", new FeedForward());
        private final Block norm = norm("norm");

        @Override
        NDArray compute(ParameterStore store, NDList inputs) {
            NDArray x = inputs.head();
            NDArray y = run(
                    attentionNorm,
                    store,
                    run(attention, store, x, inputs.get(1)).add(x));
            return run(norm, store, run(feedForward, store, y).add(y));
        }
    }

    /** BERT as in its paper, without token types. */
    private static final class Bert extends Part {
        private final Block words;
        private final Block places;
        private final Block norm = norm("norm");
        private final List<Block> layers = new ArrayList<>();

        private Bert() {
            words = addChildBlock("words", embedding(WORDS));
            places = addChildBlock("places", embedding(LENGTH * 4));
            for (int i = 0; i < LAYERS; i++) {
                layers.add(addChildBlock("layer", new EncoderLayer()));
            }
        }

        @Override
        NDArray compute(ParameterStore store, NDList inputs) {
            NDArray tokens = inputs.get(0);
            int t = (int) tokens.getShape().get(1);
            NDArray place = tokens.getManager().arange(0, t, 1, DataType.INT64).expandDims(0);
            NDArray x = run(norm, store, run(words, store, tokens).add(run(places, store, place)));
            NDArray mask =
                    inputs.get(1).expandDims(1).expandDims(1).mul(-1f).add(1f).mul(-10000f);
            for (Block layer : layers) {
                x = run(layer, store, x, mask);
            }
            return x;
        }
    }

    private static IdEmbedding embedding(int count) {
        return new IdEmbedding.Builder()
                .setDictionarySize(count)
                .setEmbeddingSize(WIDTH)
                .build();
    }

    /** A layer as in GPT: normalises before, looks back only. */
    private static final class DecoderLayer extends Part {
        private final Block attentionNorm = norm("attentionNorm");
        private final Block projections = linear("projections", 3 * WIDTH);
        private final Block result = linear("result", WIDTH);
        private final Block norm = norm("norm");
        private final Block feedForward = addChildBlock("feedForward", new FeedForward());

        @Override
        NDArray compute(ParameterStore store, NDList inputs) {
            NDArray x = inputs.head();
            NDArray y = x.add(attend(store, run(attentionNorm, store, x), inputs.get(1)));
            return y.add(run(feedForward, store, run(norm, store, y)));
        }

        private NDArray attend(ParameterStore store, NDArray x, NDArray past) {
            Shape shape = x.getShape();
            NDList parts = run(projections, store, x).split(3, 2);
            NDArray query = heads(parts.get(0));
            NDArray scores =
                    query.matMul(heads(parts.get(1)).transpose(0, 1, 3, 2)).mul(1 / Math.sqrt(WIDTH / (double) HEADS));
            NDArray masked = past.mul(scores).add(past.mul(-1f).add(1f).mul(-10000f));
            NDArray mixed = masked.softmax(-1).matMul(heads(parts.get(2)));
            return run(result, store, mixed.transpose(0, 2, 1, 3).reshape(shape));
        }

        private static NDArray heads(NDArray x) {
            Shape shape = x.getShape();
            return x.reshape(shape.get(0), shape.get(1), HEADS, WIDTH / HEADS).transpose(0, 2, 1, 3);
        }
    }

    /** GPT with a lower-triangular mask. */
    private static final class Gpt extends Part {
        private final Block words = addChildBlock("words", embedding(WORDS));
        private final Block places = addChildBlock("places", embedding(LENGTH * 4));
        private final List<Block> layers = new ArrayList<>();
        private final Block norm = norm("norm");

        private Gpt() {
            for (int i = 0; i < LAYERS; i++) {
                layers.add(addChildBlock("layer", new DecoderLayer()));
            }
        }

        @Override
        NDArray compute(ParameterStore store, NDList inputs) {
            NDArray tokens = inputs.head();
            int t = (int) tokens.getShape().get(1);
            NDArray place = tokens.getManager().arange(0, t, 1, DataType.INT64).reshape(1, t);
            NDArray x = run(words, store, tokens).add(run(places, store, place));
            NDArray row = tokens.getManager().arange(0, t, 1, DataType.INT64);
            NDArray past = row.reshape(t, 1).gte(row.reshape(1, t)).toType(DataType.FLOAT32, false);
            for (Block layer : layers) {
                x = run(layer, store, x, past);
            }
            return run(norm, store, x);
        }
    }
}
