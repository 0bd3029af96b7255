package io.kanerva.bundle;

import ai.djl.nn.Block;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import io.kanerva.trainer.model.WriterKind;
import java.util.List;

/**
 * One of a bundle's four graphs: the block that it is traced from, and its tensors in order.
 *
 * @param graph its name in bundle.json; the file is called {@code NAME.onnx}
 */
record GraphSpec(BundleGraph graph, Block block, List<GraphTensor> inputs, List<GraphTensor> outputs) {
    /** The height of a memory that grows. */
    static final String HEIGHT = "H";

    private static final String ANY = "any";

    GraphSpec {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    String name() {
        return graph.label();
    }

    String file() {
        return name() + ".onnx";
    }

    /** The four graphs, in the order in which an image passes through them. */
    static List<GraphSpec> of(KanervaModel model) {
        KanervaSettings s = model.settings();
        GraphTensor content = GraphTensor.of(
                BundleGraph.CONTENT,
                "what each sample writes: a block for each key",
                ANY,
                "B",
                "T",
                s.keys(),
                s.memory().channels(),
                s.block().rows(),
                s.block().columns());
        GraphTensor memory = GraphTensor.of(
                BundleGraph.MEMORY,
                "the memories",
                ANY,
                "B",
                s.memory().channels(),
                s.grows() ? HEIGHT : (Object) s.memory().height(),
                s.memory().width());
        GraphTensor traces = GraphTensor.of(
                BundleGraph.TRACES,
                "the blocks that the keys cut out of the memory",
                ANY,
                "B",
                "Q",
                s.keys(),
                s.memory().channels(),
                s.block().rows(),
                s.block().columns());
        return List.of(
                new GraphSpec(
                        BundleGraph.ENCODER,
                        model.encoder(),
                        List.of(GraphTensor.of(
                                BundleGraph.IMAGES,
                                "images, an episode or queries",
                                "[0, 1]",
                                "B",
                                "T",
                                s.image().channels(),
                                s.image().height(),
                                s.image().width())),
                        List.of(
                                content,
                                GraphTensor.of(BundleGraph.KEY_MEAN, keyMean(s), ANY, "B", "T", s.keys(), 3),
                                GraphTensor.of(
                                        BundleGraph.KEY_LOG_VARIANCE,
                                        "logarithms of its variances",
                                        ANY,
                                        "B",
                                        "T",
                                        s.keys(),
                                        3),
                                GraphTensor.of(
                                        BundleGraph.LATENT_MEAN,
                                        "means of the latents' posterior",
                                        ANY,
                                        "B",
                                        "T",
                                        s.latent()),
                                GraphTensor.of(
                                        BundleGraph.LATENT_LOG_VARIANCE,
                                        "logarithms of its variances",
                                        ANY,
                                        "B",
                                        "T",
                                        s.latent()))),
                new GraphSpec(
                        BundleGraph.MEMORY_WRITER,
                        model.writer(),
                        List.of(content),
                        List.of(memory, GraphTensor.of(BundleGraph.POINTERS, pointers(s), ANY, "B", "T", s.keys(), 3))),
                new GraphSpec(
                        BundleGraph.READER,
                        model.reader(),
                        List.of(memory, GraphTensor.of(BundleGraph.KEYS, keys(s), ANY, "B", "Q", s.keys(), 3)),
                        List.of(
                                traces,
                                GraphTensor.of(
                                        BundleGraph.PRIOR_MEAN,
                                        "means of the latents' prior given the traces",
                                        ANY,
                                        "B",
                                        "Q",
                                        s.latent()),
                                GraphTensor.of(
                                        BundleGraph.PRIOR_LOG_VARIANCE,
                                        "logarithms of its variances",
                                        ANY,
                                        "B",
                                        "Q",
                                        s.latent()))),
                new GraphSpec(
                        BundleGraph.DECODER,
                        model.decoder(),
                        List.of(GraphTensor.of(BundleGraph.LATENT, "latents", ANY, "B", "Q", s.latent()), traces),
                        List.of(GraphTensor.of(
                                BundleGraph.LOGITS,
                                logits(s),
                                ANY,
                                "B",
                                "Q",
                                s.parameterChannels(),
                                s.image().height(),
                                s.image().width()))));
    }

    private static String logits(KanervaSettings s) {
        if (s.likelihood() == ImageLikelihood.BERNOULLI) {
            return "logits of the pixels' being 1";
        }
        String mixture = "each pixel's mixture of 10 discretised logistics: 10 logits, 10 means and then 10 log-scales "
                + "for each channel, 10 coefficients before tanh for each pair of channels (1 on 0, 2 on 0, 2 on 1)";
        int neighbours = s.decoder().neighbours();
        return neighbours == 0
                ? mixture
                : mixture
                        + ", a reconstruction, and coefficients [channel, " + neighbours
                        + " neighbours, channel] of the neighbours' errors";
    }

    private static String keys(KanervaSettings s) {
        String keys = s.addressing() == KeyAddressing.DEREFERENCED
                ? "the slots to read: (scale, column, row), without their fractions"
                : "where to read: (scale, x, y)";
        return s.gist()
                ? keys
                        + "; a block is taken verbatim with a scale above 0, else for its gist: "
                        + "its traces are zero, its prior is not"
                : keys;
    }

    private static String keyMean(KanervaSettings s) {
        return s.addressing() == KeyAddressing.DEREFERENCED
                ? "means of the keys' posterior: (scale, x, y), x and y inside the cell that the pointer lies in"
                : "means of the keys' posterior: (scale, x, y), to be added to the pointer";
    }

    private static String pointers(KanervaSettings s) {
        String pointers = "the keys under which the samples were written: "
                + (s.addressing() == KeyAddressing.DEREFERENCED ? "(scale, column, row)" : "(scale, x, y)");
        return s.writer() == WriterKind.POOLED
                ? pointers + "; allocated by the rank of a score of what each sample writes"
                : pointers;
    }
}
