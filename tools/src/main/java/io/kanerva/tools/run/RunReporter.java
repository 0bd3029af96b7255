package io.kanerva.tools.run;

import io.kanerva.tools.OutputFile;
import io.kanerva.tools.bundle.CardPicture;
import io.kanerva.tools.image.Pictures;
import io.kanerva.tools.report.CurveFigure;
import io.kanerva.tools.report.MemoryFigure;
import io.kanerva.tools.report.RunPage;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.train.CurveFile;
import io.kanerva.trainer.train.PlanEdit;
import io.kanerva.trainer.train.StepMetrics;
import io.kanerva.trainer.train.TrainingListener;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import io.kanerva.trainer.train.ValidationScore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Updates the page of a run, {@code run.html}: the numbers every few seconds, the samples at each checkpoint. */
public final class RunReporter implements TrainingListener {
    public static final String FILE = "run.html";
    private static final long NANOS_BETWEEN_PAGES = 10_000_000_000L;

    private final TrainingRun run;
    private final Path folder;
    private final String command;
    private final TestEpisodes episodes;
    private final LongSupplier clock;
    private long written;
    private List<Pictures> grids = List.of();
    private Pictures before;
    private float[] memory = {};
    private int gridStep;
    private int stepBefore;

    /**
     * @param images the training set; its last images are shown, which are those held out for validation
     * @param clock in nanoseconds
     */
    public RunReporter(TrainingRun run, Path folder, String command, Images images, LongSupplier clock) {
        this.run = run;
        this.folder = folder;
        this.command = command;
        this.clock = clock;
        int length = run.plan().episodeLength();
        Binarisation binarisation = run.plan().binarisation();
        episodes = new TestEpisodes(
                images.slice(images.count() - length, images.count()),
                binarisation == Binarisation.DYNAMIC ? Binarisation.THRESHOLD : binarisation,
                length,
                1);
        written = clock.getAsLong() - NANOS_BETWEEN_PAGES;
    }

    @Override
    public void stepped(StepMetrics metrics) {
        if (grids.isEmpty()) {
            // Draws the first samples at once, so that an error shows now and not at a checkpoint hours later.
            draw(metrics.step());
        }
        if (clock.getAsLong() - written >= NANOS_BETWEEN_PAGES) {
            write("training", true);
        }
    }

    @Override
    public void saved(int step) {
        if (step > 0) {
            draw(step);
        }
    }

    private void draw(int step) {
        if (step == gridStep && !grids.isEmpty()) {
            return;
        }
        before = grids.isEmpty() ? null : grids.get(1);
        stepBefore = gridStep;
        CardPicture.Drawn drawn =
                CardPicture.drawn(run.model(), episodes, run.plan().seed());
        grids = drawn.rows();
        memory = drawn.memory();
        gridStep = step;
    }

    /** Writes the page for the last time in this process. */
    public void finish() {
        write(
                run.endedEarly()
                        ? "ended early: the validation score stopped falling"
                        : run.isFinished() ? "finished" : "stopped: it can be resumed",
                false);
    }

    private void write(String state, boolean running) {
        TrainingPlan plan = run.plan();
        List<CurveFigure.Point> curve = CurveFile.metrics(folder.resolve(TrainingRun.METRICS)).read().stream()
                .map(CurveFigure.Point::of)
                .toList();
        List<ValidationScore> scores = plan.validation().images() == 0
                ? List.of()
                : CurveFile.validation(folder.resolve(TrainingRun.VALIDATION)).read();
        List<CurveFigure.Point> validation =
                scores.stream().map(CurveFigure.Point::of).toList();
        List<String[]> settings = new ArrayList<>();
        for (String value : PlanEdit.values(plan)) {
            settings.add(value.split("=", 2));
        }
        RunPage page = new RunPage(
                "Kanerva++ on %s, seed %d".formatted(plan.data(), plan.seed()),
                command,
                state,
                running,
                run.stepsDone(),
                plan.steps(),
                run.seconds(),
                plan.binarisation().isBinary() ? 0 : plan.settings().image().size(),
                curve,
                validation,
                run.best().map(ValidationScore::step).orElse(0),
                grids,
                gridStep,
                before,
                stepBefore,
                plan.settings().memoryFloats() > 0 && memory.length > 0
                        ? new MemoryFigure(
                                memory,
                                plan.settings().memory().channels(),
                                memory.length
                                        / plan.settings().memory().channels()
                                        / plan.settings().memory().width(),
                                plan.settings().memory().width())
                        : null,
                settings);
        OutputFile.write(folder.resolve(FILE), page.html());
        written = clock.getAsLong();
    }
}
