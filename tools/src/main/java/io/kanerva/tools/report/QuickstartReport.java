package io.kanerva.tools.report;

import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.evaluate.BoundReport;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The page that {@code kpp quickstart} writes: its steps in order, with images and figures.
 *
 * @param summary what ran, in a sentence or two
 * @param episode the images that were written
 * @param memory the memory that they were written into
 * @param recalls one entry per kind of query
 * @param recallIterations iterations of each query
 * @param generations images from random keys
 * @param curve measurements during training; empty if the run ended before the first one
 * @param djl the bound computed by DJL
 * @param graphs the bound computed by the exported graphs from the same noise
 * @param boundSetting describes what the bounds were measured on
 * @param agreement the maximum differences between graphs and DJL blocks
 * @param settings names and values
 */
public record QuickstartReport(
        String summary,
        Pictures episode,
        Memory memory,
        List<Recalled> recalls,
        int recallIterations,
        Pictures generations,
        List<CurveFigure.Point> curve,
        BoundReport djl,
        BoundReport graphs,
        String boundSetting,
        List<Agreement> agreement,
        List<String[]> settings) {

    private static final int EPISODE_COLUMNS = 16;

    /**
     * A memory and the blocks allocated in it.
     *
     * @param values [C, H, W]
     * @param channels C
     * @param height H
     * @param width W
     * @param blocks one per written sample and key; empty without allocation
     */
    public record Memory(float[] values, int channels, int height, int width, List<MemoryFigure.Block> blocks) {}

    /**
     * One kind of query and its results.
     *
     * @param name the kind, such as {@code clean}
     * @param explanation how the queries were made
     * @param queries the queries, in the order of the episode
     * @param images the recalled images
     * @param found for each query the sample that it found, from 0
     */
    public record Recalled(String name, String explanation, Pictures queries, Pictures images, int[] found) {

        /** The number of queries that found their own sample. */
        public int correct() {
            int correct = 0;
            for (int i = 0; i < found.length; i++) {
                correct += found[i] == i ? 1 : 0;
            }
            return correct;
        }

        /** The share of queries that found their own sample, such as {@code 96.9 %}. */
        public String accuracy() {
            return Html.format("%.1f %%", 100.0 * correct() / found.length);
        }
    }

    /**
     * The difference between a graph's output and its DJL block's.
     *
     * @param graph the graph's name
     * @param output the tensor's name
     * @param difference maximum absolute difference
     * @param budget the allowed difference
     * @param compared number of values compared
     */
    public record Agreement(String graph, String output, double difference, double budget, long compared) {

        /** Both comparisons of one output as one. */
        public Agreement and(Agreement other) {
            return new Agreement(
                    graph, output, Math.max(difference, other.difference), budget, compared + other.compared);
        }
    }

    /** Returns the markup. */
    public String html() {
        HtmlPage page = new HtmlPage("Kanerva++ quick start", summary).tiles(tiles());
        page.section(
                "episode",
                "The episode",
                ("These %d test images were never seen in training. Together they form one episode: all are "
                                + "written into a single memory at once.")
                        .formatted(episode.count()));
        page.figure(
                new GridFigure("The %d images of the episode".formatted(episode.count()), EPISODE_COLUMNS)
                        .row("", episode)
                        .numbered(i -> Integer.toString(i + 1))
                        .svg(),
                "The numbers refer to the blocks in the memory below.");
        memory(page);
        recalls(page);
        page.section(
                "generations",
                "Generations",
                "Without any query: keys are drawn from their prior, a block is read at each, a latent is drawn "
                        + "from the prior that the block predicts, and both are decoded. A key that lands in "
                        + "an allocated block gives an image like the one written there.");
        page.figure(
                new GridFigure("%d generated images".formatted(generations.count()), EPISODE_COLUMNS)
                        .row("", generations)
                        .svg(),
                "Pixel probabilities, decoded from %d keys drawn from the standard normal distribution."
                        .formatted(generations.count()));
        if (!curve.isEmpty()) {
            page.section(
                    "training",
                    "Training",
                    "The bound is the number of nats that the model needs for an image: for its pixels given the block "
                            + "(reconstruction), for the choice of block (keys), and for the latent. Lower is better.");
            page.figure(
                    new CurveFigure(curve).svg(),
                    "Nats per image on the training episodes, with all terms at full weight. The first steps are "
                            + "cut off at the top.");
        }
        agreement(page);
        page.section("settings", "Settings", "Everything needed to reproduce these results.")
                .facts(settings);
        return page.html();
    }

    private List<HtmlPage.Tile> tiles() {
        List<HtmlPage.Tile> tiles = new ArrayList<>();
        tiles.add(new HtmlPage.Tile(
                "Bound, DJL",
                nats(djl.nats()),
                "nats per image" + (Double.isNaN(djl.standardError()) ? "" : ", ± " + nats(djl.standardError()))));
        tiles.add(new HtmlPage.Tile(
                "Bound, graphs alone",
                nats(graphs.nats()),
                Html.format("same noise, differs by %.1e", Math.abs(djl.nats() - graphs.nats()))));
        Agreement largest = Collections.max(agreement, Comparator.comparingDouble(Agreement::difference));
        tiles.add(new HtmlPage.Tile(
                "Maximum difference",
                Html.format("%.1e", largest.difference()),
                Html.format("%s, %.0e allowed", largest.graph(), largest.budget())));
        for (Recalled recall : recalls) {
            tiles.add(new HtmlPage.Tile(
                    "Found, " + recall.name(),
                    recall.accuracy(),
                    "%d of %d queries".formatted(recall.correct(), recall.found().length)));
        }
        return tiles;
    }

    private void memory(HtmlPage page) {
        page.section(
                "memory",
                "The memory",
                "The whole episode is now in %d channels of %d × %d values. "
                                .formatted(memory.channels(), memory.height(), memory.width())
                        + "As on a heap, each sample was allocated its own block; the outlines show "
                        + "where, with the sample's number.");
        MemoryFigure figure = new MemoryFigure(memory.values(), memory.channels(), memory.height(), memory.width());
        page.figure(figure.blocks(memory.blocks()), "Mean over the channels. Blue is below zero, orange above it.");
        if (memory.channels() > 1) {
            page.figure(figure.channels(Math.min(memory.channels(), 5)), "Each channel separately.");
        }
    }

    private void recalls(HtmlPage page) {
        page.section(
                "recall",
                "Recall",
                ("Each query is an image, intact or damaged, without the index of its sample. It is compared with the "
                                + "image that each block in memory decodes to; the best match is read and decoded. %s")
                        .formatted(
                                recallIterations == 1
                                        ? ""
                                        : "The result is the next query, for %d iterations."
                                                .formatted(recallIterations))
                        .strip());
        for (Recalled recall : recalls) {
            String heading = recall.name().substring(0, 1).toUpperCase(Locale.ROOT)
                    + recall.name().substring(1);
            page.subheading(
                    heading, "%d of %d found their own sample".formatted(recall.correct(), recall.found().length));
            page.figure(
                    new GridFigure(
                                    "Originals, %s queries and recalled images".formatted(recall.name()),
                                    EPISODE_COLUMNS)
                            .row("original", episode)
                            .row("query", recall.queries())
                            .row("recalled", recall.images())
                            .outline(i -> recall.found()[i] != i, "found another sample")
                            .svg(),
                    recall.explanation()
                            + (recall.correct() < recall.found().length
                                    ? " Those that found another sample are outlined in red."
                                    : ""));
        }
    }

    private void agreement(HtmlPage page) {
        page.section(
                "agreement",
                "Agreement",
                "The model was trained in Java with DJL on PyTorch and exported as ONNX graphs. Here both "
                        + "get the same inputs.");
        page.table(
                "The negative clean bound in nats per image, " + boundSetting + ".",
                List.of("path", "bound", "± standard error", "reconstruction", "KL(Y), keys", "KL(Z), latent"),
                List.of(
                        row("DJL on PyTorch", djl),
                        row("graphs on ONNX Runtime", graphs),
                        List.of(
                                "difference",
                                difference(djl.nats(), graphs.nats()),
                                "",
                                difference(djl.reconstruction(), graphs.reconstruction()),
                                difference(djl.klKeys(), graphs.klKeys()),
                                difference(djl.klLatent(), graphs.klLatent()))));
        page.table(
                "The maximum absolute difference between each graph and its DJL block, on real and on random inputs.",
                List.of("graph", "output", "maximum difference", "allowed", "values compared"),
                agreement.stream()
                        .map(a -> List.of(
                                a.graph(),
                                a.output(),
                                Html.format("%.2e", a.difference()),
                                Html.format("%.0e", a.budget()),
                                Html.format("%,d", a.compared())))
                        .toList());
    }

    private static List<String> row(String name, BoundReport bound) {
        return List.of(
                name,
                Html.format("%.4f", bound.nats()),
                Double.isNaN(bound.standardError()) ? "" : nats(bound.standardError()),
                Html.format("%.4f", bound.reconstruction()),
                Html.format("%.4f", bound.klKeys()),
                Html.format("%.4f", bound.klLatent()));
    }

    private static String difference(double a, double b) {
        return Html.format("%.1e", Math.abs(a - b));
    }

    private static String nats(double value) {
        return Html.format("%.2f", value);
    }
}
