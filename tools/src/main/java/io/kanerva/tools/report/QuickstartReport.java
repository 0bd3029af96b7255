package io.kanerva.tools.report;

import io.kanerva.tools.image.Pictures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The page that {@code kpp quickstart} leaves behind: what was done, in the order in which it was done, with pictures
 * and numbers.
 *
 * @param summary what ran, in a sentence or two
 * @param episode the images that were written
 * @param memory the memory that they were written into
 * @param recalls one entry a kind of query
 * @param recallIterations how often each query was read anew
 * @param generations what random keys read
 * @param curve measurements during training
 * @param djl the bound as DJL computes it
 * @param graphs the bound as the exported graphs compute it, from the same noise
 * @param boundSetting what the bounds were measured on, in words
 * @param agreement the largest differences between graphs and DJL blocks
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
        Bound djl,
        Bound graphs,
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
     * @param blocks one a written sample and key; empty where nothing is allocated
     */
    public record Memory(float[] values, int channels, int height, int width, List<MemoryFigure.Block> blocks) {}

    /**
     * One kind of query and what came of it.
     *
     * @param name the kind, such as {@code clean}
     * @param explanation how the queries were made
     * @param queries what was asked with, in the order of the episode
     * @param images what was recalled
     * @param found for each query the sample that it was taken for, from 0
     */
    public record Recalled(String name, String explanation, Pictures queries, Pictures images, int[] found) {

        /** How many queries found their own sample. */
        public int correct() {
            int correct = 0;
            for (int i = 0; i < found.length; i++) {
                correct += found[i] == i ? 1 : 0;
            }
            return correct;
        }

        /** The part of the queries that found their own sample, such as {@code 96.9 %}. */
        public String accuracy() {
            return Html.format("%.1f %%", 100.0 * correct() / found.length);
        }
    }

    /**
     * The negative bound and its terms, in nats an image.
     *
     * @param total the sum of the others
     * @param standardError of the mean over episodes
     * @param reconstruction -ln p(x | z, traces)
     * @param klKeys KL(Y)
     * @param klLatent KL(Z)
     */
    public record Bound(double total, double standardError, double reconstruction, double klKeys, double klLatent) {}

    /**
     * How far one graph is from its DJL block.
     *
     * @param graph the graph's name
     * @param output the tensor's name
     * @param difference largest absolute difference found
     * @param budget what is allowed
     * @param compared how many numbers were compared
     */
    public record Agreement(String graph, String output, double difference, double budget, long compared) {}

    /** The page's markup. */
    public String html() {
        HtmlPage page = new HtmlPage("Kanerva++ quick start", summary).tiles(tiles());
        page.section(
                "episode",
                "The episode",
                ("These %d test images were never seen in training. Together they are one episode: all of them are written into a single "
                                + "memory at once.")
                        .formatted(episode.count()));
        page.figure(
                new GridFigure("The %d images of the episode".formatted(episode.count()), EPISODE_COLUMNS)
                        .row("", episode)
                        .numbered(i -> Integer.toString(i + 1))
                        .svg(),
                "The numbers are those of the blocks in the memory below.");
        memory(page);
        recalls(page);
        page.section(
                "generations",
                "Generations",
                "Nobody asks for a sample here: keys are drawn from their prior, a block is read at each of them, a latent is drawn from what "
                        + "the block suggests, and both are decoded. A key that lands in an allocated block gives a picture like the one written there.");
        page.figure(
                new GridFigure("%d generated images".formatted(generations.count()), EPISODE_COLUMNS)
                        .row("", generations)
                        .svg(),
                "Pixel probabilities, decoded from %d keys drawn from the standard normal distribution."
                        .formatted(generations.count()));
        page.section(
                "training",
                "Training",
                "The bound is the number of nats that the model needs for an image: what is left to say about the pixels once the block is read "
                        + "(reconstruction), which block it was (keys), and what the latent adds. Lower is better.");
        page.figure(
                new CurveFigure(curve).svg(),
                "Nats an image on the training episodes, each with all its terms at full weight. The first steps run out of the top.");
        agreement(page);
        page.section("settings", "Settings", "All that is needed to get the same numbers again.")
                .facts(settings);
        return page.html();
    }

    /** The largest difference of all graphs, as a part of what is allowed; at most 1 if all agree. */
    private Agreement worst() {
        return agreement.stream()
                .max((a, b) -> Double.compare(a.difference() / a.budget(), b.difference() / b.budget()))
                .orElseThrow();
    }

    private List<HtmlPage.Tile> tiles() {
        List<HtmlPage.Tile> tiles = new ArrayList<>();
        tiles.add(new HtmlPage.Tile("Bound, DJL", nats(djl.total()), "nats an image, ± " + nats(djl.standardError())));
        tiles.add(new HtmlPage.Tile(
                "Bound, graphs alone",
                nats(graphs.total()),
                Html.format("same noise, differs by %.1e", Math.abs(djl.total() - graphs.total()))));
        Agreement worst = worst();
        tiles.add(new HtmlPage.Tile(
                "Largest difference",
                Html.format("%.1e", worst.difference()),
                Html.format("%s, %.0e allowed", worst.graph(), worst.budget())));
        for (Recalled recall : recalls) {
            tiles.add(new HtmlPage.Tile(
                    "Found, " + recall.name(),
                    recall.accuracy(),
                    "%d of %d queries".formatted(recall.correct(), recall.found().length)));
        }
        return tiles;
    }

    private void memory(HtmlPage page) {
        boolean allocated = !memory.blocks().isEmpty();
        page.section(
                "memory",
                "The memory",
                "The whole episode is now in %d channels of %d × %d numbers. "
                                .formatted(memory.channels(), memory.height(), memory.width())
                        + (allocated
                                ? "As on a heap, each sample was given a block of its own; the outlines show where, and carry the sample's number."
                                : "It is the mean of the samples' embeddings, mapped to this shape; no sample has a place of its own."));
        MemoryFigure figure = new MemoryFigure(memory.values(), memory.channels(), memory.height(), memory.width());
        page.figure(figure.blocks(memory.blocks()), "Mean over the channels. Blue is below zero, orange above it.");
        if (memory.channels() > 1) {
            page.figure(figure.channels(Math.min(memory.channels(), 5)), "Each channel by itself.");
        }
    }

    private void recalls(HtmlPage page) {
        page.section(
                "recall",
                "Recall",
                ("Each query is an image, whole or damaged; nothing says which sample it is. It is compared with what every block in memory reads back as, the best match is "
                                + "read and decoded. %s")
                        .formatted(
                                recallIterations == 1
                                        ? ""
                                        : "The result is the next query; %d times in all.".formatted(recallIterations))
                        .strip());
        for (Recalled recall : recalls) {
            String heading = recall.name().substring(0, 1).toUpperCase(Locale.ROOT)
                    + recall.name().substring(1);
            page.subheading(
                    heading, "%d of %d found their own sample".formatted(recall.correct(), recall.found().length));
            page.figure(
                    new GridFigure(
                                    "Originals, %s queries and what was recalled".formatted(recall.name()),
                                    EPISODE_COLUMNS)
                            .row("original", episode)
                            .row("query", recall.queries())
                            .row("recalled", recall.images())
                            .outline(i -> recall.found()[i] != i, "taken for another sample")
                            .svg(),
                    recall.explanation()
                            + (recall.correct() < recall.found().length
                                    ? " Those taken for another sample are outlined in red."
                                    : ""));
        }
    }

    private void agreement(HtmlPage page) {
        page.section(
                "agreement",
                "Agreement",
                "The model was learned in Java with DJL on PyTorch and exported as four ONNX graphs. Here the same numbers go into both.");
        page.table(
                "The negative clean bound in nats an image, " + boundSetting + ".",
                List.of("path", "bound", "± standard error", "reconstruction", "KL(Y), keys", "KL(Z), latent"),
                List.of(
                        row("DJL on PyTorch", djl),
                        row("graphs on ONNX Runtime", graphs),
                        List.of(
                                "difference",
                                difference(djl.total(), graphs.total()),
                                "",
                                difference(djl.reconstruction(), graphs.reconstruction()),
                                difference(djl.klKeys(), graphs.klKeys()),
                                difference(djl.klLatent(), graphs.klLatent()))));
        page.table(
                "The largest absolute difference between each graph and its DJL block, on real and on random inputs.",
                List.of("graph", "output", "largest difference", "allowed", "numbers compared"),
                agreement.stream()
                        .map(a -> List.of(
                                a.graph(),
                                a.output(),
                                Html.format("%.2e", a.difference()),
                                Html.format("%.0e", a.budget()),
                                Html.format("%,d", a.compared())))
                        .toList());
    }

    private static List<String> row(String name, Bound bound) {
        return List.of(
                name,
                Html.format("%.4f", bound.total()),
                nats(bound.standardError()),
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
