package io.kanerva.trainer.train;

import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.OwnImages;
import io.kanerva.trainer.model.KanervaSettings;
import java.util.ArrayList;
import java.util.List;

/**
 * A plan that fits images that the user brings, and the reasons for its values: black and white images get
 * {@code mnist}'s model, others {@code cifar10}'s, with the images' channels and size (at most {@value #MAX_SIDE}
 * pixels a side, unless asked for), four by four pixels for each cell of a block, and episodes that the images fill.
 *
 * @param plan with seed 1
 * @param reasons one sentence each
 */
public record FittedPlan(TrainingPlan plan, List<String> reasons) {
    private static final int MAX_SIDE = 64;
    private static final int CELL = 4;
    private static final int EPISODE = 32;

    /**
     * Chooses a plan.
     *
     * @throws IllegalArgumentException if no picture can be read, or there are too few
     */
    public static FittedPlan of(OwnImages images, OwnImages.Survey survey) {
        boolean alike = survey.sizes().size() == 1;
        return of(
                images,
                survey,
                side(alike ? survey.height() : survey.shorter(), alike ? survey.width() : survey.shorter()),
                side(alike ? survey.width() : survey.shorter(), alike ? survey.height() : survey.shorter()));
    }

    /**
     * Chooses a plan for images of that size.
     *
     * @throws IllegalArgumentException if a side is no multiple of four from 8 on, no picture can be read, or there are
     *     too few
     */
    public static FittedPlan of(OwnImages images, OwnImages.Survey survey, int height, int width) {
        if (height % CELL != 0 || width % CELL != 0 || Math.min(height, width) < 2 * CELL) {
            throw new IllegalArgumentException(
                    "size %d x %d: expected multiples of %d from %d on".formatted(height, width, CELL, 2 * CELL));
        }
        if (survey.readable() == 0) {
            throw new IllegalArgumentException(
                    "%s: expected pictures that can be read, found none".formatted(images.place()));
        }
        List<String> reasons = new ArrayList<>();
        boolean colour = survey.colour() > 0;
        boolean alike = survey.sizes().size() == 1;
        boolean resized = !alike || height != survey.height() || width != survey.width();
        reasons.add("%d x %d pixels, %s".formatted(height, width, resized ? resizing(survey, alike) : "as they are"));
        boolean blackAndWhite = !colour && survey.grey() == 0;
        reasons.add(
                blackAndWhite
                        ? "black and white, as all pixels are"
                        : "256 levels of %s"
                                .formatted(
                                        colour
                                                ? "red, green and blue, as %,d of %,d pictures are in colour"
                                                        .formatted(survey.colour(), survey.readable())
                                                : "grey, as no picture is in colour"));
        int length = EPISODE;
        int fewest = Math.min(images.trainCount(), images.testCount());
        while (length > fewest) {
            length /= 2;
        }
        reasons.add("episodes of %d%s"
                .formatted(
                        length,
                        length < EPISODE ? ", as there are %,d images for testing".formatted(images.testCount()) : ""));
        TrainingPlan plan = Preset.named(blackAndWhite ? "mnist" : "cifar10")
                .plan()
                .with(
                        "data=" + DataSource.OWN.id(),
                        "binarisation=" + (blackAndWhite ? resized ? "threshold" : "fixed" : "none"),
                        "model.image.channels=" + (colour ? 3 : 1),
                        "model.image.height=" + height,
                        "model.image.width=" + width,
                        "model.block.rows=" + height / CELL,
                        "model.block.columns=" + width / CELL,
                        "model.memory.height=" + height,
                        "model.memory.width=" + 2 * width,
                        "episodeLength=" + length);
        reasons.add("%,d steps and %,d floats of memory for %d images, like %s"
                .formatted(
                        plan.steps(),
                        plan.settings().memoryFloats(),
                        plan.settings().capacity(),
                        blackAndWhite ? "mnist" : "cifar10"));
        return new FittedPlan(plan, List.copyOf(reasons));
    }

    /**
     * The same with as much memory as fits into a budget, but no more than a block has pixels.
     *
     * @param floats for a whole episode
     * @throws IllegalArgumentException if the budget is below one channel
     */
    public FittedPlan withMemory(int floats) {
        KanervaSettings settings = plan.settings();
        int area = settings.memory().height() * settings.memory().width();
        int channels = Math.min(floats / area, CELL * CELL * settings.image().channels());
        if (channels < 1) {
            throw new IllegalArgumentException(
                    "memory of %,d floats: expected at least %,d, one for each cell".formatted(floats, area));
        }
        List<String> more = new ArrayList<>(reasons);
        more.add("but %,d floats of memory, within %,d".formatted(channels * area, floats));
        return new FittedPlan(plan.with("model.memory.channels=" + channels), List.copyOf(more));
    }

    /** A side of the images, a multiple of a cell; the other side counts for the limit. */
    private static int side(int side, int other) {
        double scale = Math.min(1, (double) MAX_SIDE / Math.max(side, other));
        return Math.max(2, (int) Math.round(side * scale / CELL)) * CELL;
    }

    private static String resizing(OwnImages.Survey survey, boolean alike) {
        return alike
                ? "resized from %d x %d".formatted(survey.height(), survey.width())
                : "cropped and resized, as there are %,d sizes whose shorter side is %d in the median"
                        .formatted(survey.sizes().size(), survey.shorter());
    }
}
