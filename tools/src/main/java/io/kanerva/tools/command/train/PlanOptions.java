package io.kanerva.tools.command.train;

import io.kanerva.tools.command.Positive;
import io.kanerva.trainer.data.DataFormatException;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.train.PlanEdit;
import io.kanerva.trainer.train.Preset;
import io.kanerva.trainer.train.TrainingPlan;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.Option;

/** The plan of a new run: a preset and what is changed of it. */
final class PlanOptions {
    @Option(
            names = {"-p", "--preset"},
            paramLabel = "NAME",
            order = 1,
            completionCandidates = PresetNames.class,
            description = "One of ${COMPLETION-CANDIDATES}.")
    private String preset;

    @Option(
            names = "--steps",
            paramLabel = "N",
            converter = Positive.class,
            order = 5,
            description = "Optimiser steps. Default: the preset's.")
    private Integer steps;

    @Option(
            names = {"-T", "--episode-length"},
            paramLabel = "T",
            converter = Positive.class,
            order = 6,
            description = "Samples per episode. Default: the preset's.")
    private Integer episodeLength;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            order = 7,
            description =
                    "Change a value of the plan, by its name in plan.json; may be repeated. --dry-run lists the names.")
    private List<String> edits = List.of();

    @Option(
            names = "--seed",
            paramLabel = "N",
            order = 8,
            description = "Seed of weights, episodes and noise. Default: 1.")
    private Long seed;

    private TrainingPlan fitted;

    /** The names of the presets, for help and completion. */
    static final class PresetNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Preset.all().stream().map(Preset::id).iterator();
        }
    }

    boolean hasPreset() {
        return preset != null;
    }

    boolean hasSeed() {
        return seed != null;
    }

    /** Whether anything but the preset is given. */
    boolean hasChanges() {
        return steps != null || episodeLength != null || !edits.isEmpty() || seed != null;
    }

    /**
     * The plan with the seed given, or the default one.
     *
     * @throws IllegalArgumentException if there is no such preset, value or data set, or values do not fit each other
     */
    TrainingPlan plan() {
        return plan(seed == null ? 1 : seed);
    }

    /** Like {@link #plan()}, with this seed. */
    TrainingPlan plan(long withSeed) {
        return plan(start(), withSeed);
    }

    /** Fits the plan to images that the user brings, unless there is a preset. */
    void fit(TrainingPlan plan) {
        fitted = preset == null ? plan : Preset.named(preset).plan().with("data=" + plan.data());
    }

    private TrainingPlan start() {
        return fitted == null ? Preset.named(preset).plan() : fitted;
    }

    private TrainingPlan plan(TrainingPlan start, long withSeed) {
        TrainingPlan plan = start.withSeed(withSeed);
        plan = steps == null ? plan : plan.withSteps(steps);
        // Together, as the slots that longer episodes need may be among the other values.
        List<String> all = new ArrayList<>(edits);
        if (episodeLength != null) {
            all.add(0, "episodeLength=" + episodeLength);
        }
        plan = PlanEdit.apply(plan, all);
        try {
            DataSource.named(plan.data());
        } catch (DataFormatException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        return plan;
    }
}
