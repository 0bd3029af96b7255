package io.kanerva.tools.report;

import io.kanerva.tools.image.Pictures;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The page of a training run: its progress, its curves and an episode as the model recalls it. The page reloads itself
 * until the run ends.
 *
 * @param title what is being trained
 * @param command the command that started it
 * @param state such as {@code training} or {@code finished}
 * @param running whether the run is in progress
 * @param steps steps done
 * @param totalSteps steps planned
 * @param seconds training time so far
 * @param dimensions values per image, to show the bound in bits per dimension too, or 0
 * @param curve measurements on the training episodes
 * @param validation scores of held-out images; empty without validation
 * @param bestStep step of the best score, or 0
 * @param grids rows of equal length: an episode, its recalled images, images at random keys; empty before the first
 *     checkpoint
 * @param gridStep the step at which they were made
 * @param before the recalled images at the drawing before, or null
 * @param stepBefore the step of that drawing
 * @param memory the memory that the episode was written into, or null without one
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
        Pictures before,
        int stepBefore,
        MemoryFigure memory,
        List<String[]> settings) {
    private static final int RENEWAL_SECONDS = 10;
    private static final int COLUMNS = 16;
    private static final int LAST_ROWS = 10;
    private static final List<String> ROWS = List.of("image", "recalled", "generated");

    /** Returns the markup. */
    public String html() {
        HtmlPage page = new HtmlPage(title, command)
                .renewedEvery(running ? RENEWAL_SECONDS : 0)
                .tiles(tiles());
        if (running) {
            page.section(
                    "now",
                    "Progress",
                    "This page reloads every %d seconds until the run ends.".formatted(RENEWAL_SECONDS));
        }
        if (!curve.isEmpty()) {
            page.section(
                    "training",
                    "Training",
                    "Nats that the model needs for an image: for its pixels given the block (reconstruction), "
                            + "for the choice of block (keys), and for the latent. Lower is better.");
            page.figure(
                    new CurveFigure(curve).svg(),
                    "On the training episodes, one draw each, with all terms at full weight. The first steps are "
                            + "cut off at the top.");
        }
        if (!validation.isEmpty()) {
            page.section(
                    "validation",
                    "Validation",
                    "The clean bound on images not used in training, each time with the same noise. The best "
                            + "checkpoint is best.ckpt.");
            page.figure(
                    new CurveFigure(validation, "validation-plot").svg(),
                    "On the held-out images; the lowest bound was at step %,d.".formatted(bestStep));
        }
        if (!grids.isEmpty()) {
            page.section(
                    "samples",
                    "Samples",
                    "One episode is written into a single memory. Each band shows its images, the images read at "
                            + "their own keys, and those read at keys drawn from the prior.");
            GridFigure grid = new GridFigure("Images of an episode, as recalled, and at random keys", COLUMNS);
            for (int row = 0; row < grids.size(); row++) {
                if (row == 1 && before != null) {
                    grid.row("before", before);
                }
                grid.row(ROWS.get(row), grids.get(row));
            }
            page.figure(
                    grid.svg(),
                    Html.format("After %,d steps", gridStep)
                            + (before == null ? "." : Html.format("; before: as recalled after %,d.", stepBefore)));
            if (memory != null) {
                page.figure(
                        memory.blocks(List.of()),
                        "The memory of that episode, mean over the channels. Blue is below zero, orange above it.");
            }
        }
        if (gridStep > 0 && stepBefore > 0 && !curve.isEmpty()) {
            page.section(
                            "changes",
                            "What changed",
                            Html.format("From step %,d to step %,d, the last two checkpoints.", stepBefore, gridStep))
                    .table("", List.of("nats per image", "before", "now", "change"), changes());
        }
        page.section("settings", "Settings", "Everything needed to reproduce this run.")
                .facts(settings);
        return page.html();
    }

    private List<List<String>> changes() {
        List<List<String>> rows = new ArrayList<>();
        change("bound", CurveFigure.Point::bound, curve, rows);
        change("reconstruction", CurveFigure.Point::reconstruction, curve, rows);
        change("KL(Y), keys", CurveFigure.Point::klKeys, curve, rows);
        change("KL(Z), latent", CurveFigure.Point::klLatent, curve, rows);
        change("bound, validation", CurveFigure.Point::bound, validation, rows);
        return rows;
    }

    private void change(
            String name,
            ToDoubleFunction<CurveFigure.Point> value,
            List<CurveFigure.Point> points,
            List<List<String>> rows) {
        double then = mean(points, value, stepBefore);
        double now = mean(points, value, gridStep);
        if (Double.isFinite(then) && Double.isFinite(now)) {
            rows.add(List.of(
                    name, Html.format("%.2f", then), Html.format("%.2f", now), Html.format("%+.2f", now - then)));
        }
    }

    /** The mean of the last rows up to a step. */
    private static double mean(List<CurveFigure.Point> points, ToDoubleFunction<CurveFigure.Point> value, int step) {
        List<CurveFigure.Point> until =
                points.stream().filter(point -> point.step() <= step).toList();
        return until.subList(Math.max(0, until.size() - LAST_ROWS), until.size()).stream()
                .mapToDouble(value)
                .average()
                .orElse(Double.NaN);
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
                    "nats per image, mean of the last rows" + bits(bound)));
        }
        if (!validation.isEmpty()) {
            double last = validation.get(validation.size() - 1).bound();
            double best = validation.stream()
                    .mapToDouble(CurveFigure.Point::bound)
                    .min()
                    .orElseThrow();
            tiles.add(new HtmlPage.Tile("Bound, validation", Html.format("%.2f", last), "nats per image" + bits(last)));
            tiles.add(new HtmlPage.Tile("Best", Html.format("%.2f", best), Html.format("at step %,d", bestStep)));
        }
        tiles.add(new HtmlPage.Tile(
                "Time",
                Html.format("%.1f min", seconds / 60),
                steps > 0 ? Html.format("%.0f ms per step", 1000 * seconds / steps) : ""));
        return tiles;
    }

    private String bits(double nats) {
        return dimensions == 0 ? "" : Html.format("; %.4f bits per dimension", nats / (dimensions * Math.log(2)));
    }
}
