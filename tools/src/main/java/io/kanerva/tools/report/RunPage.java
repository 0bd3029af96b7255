package io.kanerva.tools.report;

import io.kanerva.tools.image.Pictures;
import java.util.ArrayList;
import java.util.List;

/**
 * The page of a training run: how far it is, its curves, and what the model makes of an episode. While the run goes on,
 * the page loads itself anew.
 *
 * @param title what is being trained
 * @param command that started it
 * @param state in a few words, such as {@code training} or {@code finished}
 * @param running whether there is more to come
 * @param steps done
 * @param totalSteps of the plan
 * @param seconds of training so far
 * @param dimensions numbers in an image if the bound is to be shown in bits a dimension too, else 0
 * @param curve measurements on the training episodes
 * @param validation scores of held-out images; empty without validation
 * @param bestStep step of the best of them, or 0
 * @param grids rows of as many pictures each: an episode, what the memory gives back, images at random keys; empty
 *     before the first checkpoint
 * @param gridStep the step that they show
 * @param settings names and values
 */
public record RunPage(
        String title,
        String command,
        String state,
        boolean running,
        int steps,
        int totalSteps,
        double seconds,
        int dimensions,
        List<CurveFigure.Point> curve,
        List<CurveFigure.Point> validation,
        long bestStep,
        List<Pictures> grids,
        int gridStep,
        List<String[]> settings) {
    private static final int RENEWAL_SECONDS = 10;
    private static final int COLUMNS = 16;
    private static final List<String> ROWS = List.of("image", "recalled", "dreamt");

    /** The page's markup. */
    public String html() {
        HtmlPage page = new HtmlPage(title, command)
                .renewedEvery(running ? RENEWAL_SECONDS : 0)
                .tiles(tiles());
        if (running) {
            page.section(
                    "now",
                    "Under way",
                    "This page loads itself anew every %d seconds until the run ends.".formatted(RENEWAL_SECONDS));
        }
        if (!curve.isEmpty()) {
            page.section(
                    "training",
                    "Training",
                    "Nats that the model needs for an image: what is left to say about the pixels once the block is read (reconstruction), which block "
                            + "it was (keys), and what the latent adds. Lower is better.");
            page.figure(
                    new CurveFigure(curve).svg(),
                    "On the training episodes, one draw each, every term at full weight. The first steps run out of the top.");
        }
        if (!validation.isEmpty()) {
            page.section(
                    "validation",
                    "Validation",
                    "The clean bound on images that the model does not learn from, each time with the same noise. The best checkpoint is best.ckpt.");
            page.figure(
                    new CurveFigure(validation, "validation-plot").svg(),
                    "On the held-out images; the lowest bound was at step %,d.".formatted(bestStep));
        }
        if (!grids.isEmpty()) {
            page.section(
                    "samples",
                    "Samples",
                    "One episode is written into a single memory. Each band shows its images, what the memory gives back at their own keys, and "
                            + "what lies at keys drawn from the prior.");
            GridFigure grid = new GridFigure(
                    "Images of an episode, what is recalled of them, and what random keys give", COLUMNS);
            for (int row = 0; row < grids.size(); row++) {
                grid.row(ROWS.get(row), grids.get(row));
            }
            page.figure(grid.svg(), "After %,d steps.".formatted(gridStep));
        }
        page.section("settings", "Settings", "All that is needed to get the same numbers again.")
                .facts(settings);
        return page.html();
    }

    private List<HtmlPage.Tile> tiles() {
        List<HtmlPage.Tile> tiles = new ArrayList<>();
        tiles.add(new HtmlPage.Tile("Steps", Html.format("%,d", steps), Html.format("of %,d, %s", totalSteps, state)));
        if (!curve.isEmpty()) {
            double bound = curve.subList(Math.max(0, curve.size() - 10), curve.size()).stream()
                    .mapToDouble(CurveFigure.Point::bound)
                    .average()
                    .orElseThrow();
            tiles.add(new HtmlPage.Tile(
                    "Bound, training",
                    Html.format("%.2f", bound),
                    "nats an image, mean of the last rows" + bits(bound)));
        }
        if (!validation.isEmpty()) {
            double last = validation.get(validation.size() - 1).bound();
            double best = validation.stream()
                    .mapToDouble(CurveFigure.Point::bound)
                    .min()
                    .orElseThrow();
            tiles.add(new HtmlPage.Tile("Bound, validation", Html.format("%.2f", last), "nats an image" + bits(last)));
            tiles.add(new HtmlPage.Tile("Best", Html.format("%.2f", best), Html.format("at step %,d", bestStep)));
        }
        tiles.add(new HtmlPage.Tile(
                "Time",
                Html.format("%.1f min", seconds / 60),
                steps > 0 ? Html.format("%.0f ms a step", 1000 * seconds / steps) : ""));
        return tiles;
    }

    private String bits(double nats) {
        return dimensions == 0 ? "" : Html.format("; %.4f bits a dimension", nats / (dimensions * Math.log(2)));
    }
}
