package io.kanerva.tools.command.train;

import io.kanerva.bundle.BundleExportException;
import io.kanerva.bundle.BundleWeights;
import io.kanerva.onnx.WeightType;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.run.RunPath;
import io.kanerva.trainer.data.DataFormatException;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.PlanEdit;
import io.kanerva.trainer.train.PlanFile;
import io.kanerva.trainer.train.Preset;
import io.kanerva.trainer.train.TrainingPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
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
            names = "--config",
            paramLabel = "FILE",
            order = 1,
            description = "Values of the plan, in YAML or JSON: a run's plan.json, or some of its keys on top of "
                    + "--preset, of 'like: PRESET' in the file, or of what fits --images.")
    private Path config;

    @Option(
            names = "--from",
            paramLabel = "RUN|BUNDLE|FILE",
            order = 2,
            description = "Start with the weights of a run, checkpoint or bundle and, without --preset, with its plan.")
    private Path from;

    @Option(
            names = "--steps",
            paramLabel = "N",
            converter = Positive.class,
            order = 5,
            description = "Optimiser steps. Default: the preset's. With --resume: the new number, to go on.")
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
    private PlanFile file;
    private Checkpoint source;
    private String rounded = WeightType.FLOAT32.onnxName();

    /** The names of the presets, for help and completion. */
    static final class PresetNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Preset.all().stream().map(Preset::id).iterator();
        }
    }

    /** Whether there is a plan to start from, besides one that fits images. */
    boolean hasStart() {
        return preset != null || from != null || isLike() || isWhole();
    }

    private boolean isWhole() {
        return file().filter(PlanFile::isWhole).isPresent();
    }

    private boolean isLike() {
        return file().flatMap(PlanFile::like).isPresent();
    }

    boolean hasPreset() {
        return preset != null;
    }

    boolean hasSeed() {
        return seed != null;
    }

    /** The number of steps, if given. */
    Optional<Integer> steps() {
        return Optional.ofNullable(steps);
    }

    /** Whether anything is given that a run's plan fixes. */
    boolean hasChanges() {
        return preset != null
                || config != null
                || from != null
                || episodeLength != null
                || !edits.isEmpty()
                || seed != null;
    }

    /** The weights that a run starts with, of a run or a bundle. */
    Optional<Checkpoint> from() {
        if (from != null && source == null) {
            source = BundleWeights.isBundle(from) ? ofBundle() : RunPath.checkpoint(from);
        }
        return Optional.ofNullable(source);
    }

    private Checkpoint ofBundle() {
        try {
            BundleWeights weights = BundleWeights.of(from);
            rounded = weights.type();
            return weights.checkpoint(weights.plan().orElseGet(this::planOfOptions));
        } catch (BundleExportException e) {
            throw new Failure("--from " + e.getMessage(), e);
        }
    }

    private TrainingPlan planOfOptions() {
        if (preset == null && !isLike() && !isWhole()) {
            throw new Failure("--from %s: expected the plan of its run in the bundle (%s), or --preset, found neither"
                    .formatted(from, BundleWeights.PLAN));
        }
        return plan();
    }

    /** A sentence about the weights that a run starts with, if they are not those that were trained. */
    Optional<String> note() {
        return from().isPresent() && !rounded.equals(WeightType.FLOAT32.onnxName())
                ? Optional.of("from       %s stores weights as %s: the run starts with the rounded ones, in float32"
                        .formatted(from, rounded))
                : Optional.empty();
    }

    private Optional<PlanFile> file() {
        if (config != null && file == null) {
            file = PlanFile.read(config);
        }
        return Optional.ofNullable(file);
    }

    /**
     * The plan with the seed given, or the default one.
     *
     * @throws IllegalArgumentException if there is no such preset, value or data set, or values do not fit each other
     */
    TrainingPlan plan() {
        return plan(start(), seed);
    }

    /** Like {@link #plan()}, with this seed. */
    TrainingPlan plan(long withSeed) {
        return plan(start(), withSeed);
    }

    /** Fits the plan to images that the user brings, unless there is another one. */
    void fit(TrainingPlan plan) {
        fitted = hasStart() ? given().with("data=" + plan.data()) : plan;
    }

    private TrainingPlan start() {
        return fitted == null ? given() : fitted;
    }

    private TrainingPlan given() {
        if (preset != null && isLike()) {
            throw new IllegalArgumentException("%s: expected no 'like' beside --preset, found one".formatted(config));
        }
        if (preset != null || isLike()) {
            return Preset.named(preset == null ? file().flatMap(PlanFile::like).orElseThrow() : preset)
                    .plan();
        }
        // A whole plan replaces all values of whatever it starts with.
        if (from != null && !isWhole()) {
            return from().orElseThrow().plan();
        }
        return Preset.all().get(0).plan();
    }

    private int warmup(TrainingPlan start) {
        return file().stream()
                .flatMap(values -> values.assignments().stream())
                .filter(value -> value.matches("warmup=\\d{1,9}"))
                .mapToInt(value -> Integer.parseInt(value.substring("warmup=".length())))
                .findFirst()
                .orElse(start.warmup());
    }

    private TrainingPlan plan(TrainingPlan start, Long withSeed) {
        // Together, as the slots that longer episodes need may be among the other values.
        List<String> all = new ArrayList<>();
        if (steps != null) {
            all.addAll(List.of("steps=" + steps, "warmup=" + Math.min(warmup(start), steps / 4)));
        }
        file().ifPresent(values -> all.addAll(0, values.assignments()));
        if (episodeLength != null) {
            all.add("episodeLength=" + episodeLength);
        }
        all.addAll(edits);
        if (withSeed != null) {
            all.add("seed=" + withSeed);
        }
        TrainingPlan plan = PlanEdit.apply(start, all);
        try {
            DataSource.named(plan.data());
        } catch (DataFormatException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        return plan;
    }
}
