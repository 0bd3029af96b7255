package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDManager;
import io.kanerva.exporter.trace.block.ParameterNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Divides the sizes for a block that computes something else at some of them: by a threshold, a remainder, or a
 * relation of two dimensions. Each part is traced and proven by itself.
 */
final class SizeDivision {
    /** Sizes at which one run takes more multiplications are not traced. */
    static final double MAX_TRACED_COST = 5e8;

    private static final String ONE = "one graph cannot do both";

    private final TraceRequest request;
    private final BlockRecorder recorded;
    private final SamplingPlan plan;

    /**
     * Prepares a division.
     *
     * @param request all sizes
     * @param recorded runs its block
     * @param plan the sizes that were traced
     */
    SizeDivision(TraceRequest request, BlockRecorder recorded, SamplingPlan plan) {
        this.request = request;
        this.recorded = recorded;
        this.plan = plan;
    }

    /**
     * For a block that runs other operations, or with other numbers, at some of the traced sizes.
     *
     * @param refusal what to throw if there is no such division
     * @param areAlike whether all operations are the same
     */
    DividedSizes of(ExportException refusal, boolean areAlike) {
        return scanning(areAlike, scan -> {
            Optional<SizeQuestion> relation = scan.relation();
            if (relation.isPresent()) {
                return cases(relation.get(), reason -> refusal);
            }
            Optional<SizeChange.Threshold> threshold = scan.first();
            if (threshold.isPresent()) {
                return ranges(request, threshold.get(), reason -> refusal);
            }
            Optional<SizeScan.Period> period = scan.period();
            if (period.isPresent()) {
                return classes(period.get(), refusal);
            }
            return cases(scan.kind().orElseThrow(() -> refusal), reason -> refusal);
        });
    }

    /** For a block that differs from its program at a size that was not traced. */
    DividedSizes of(SizeChange change, Program program) {
        int left = request.divisions().get();
        if (isCheap(program, change.after())) {
            Optional<SizeQuestion> question = scanning(
                    change.isNumber(),
                    scan -> scan.relation()
                            .or(() -> scan.sum(change.before(), change.after(), recorded.numbers()))
                            .or(scan::kind));
            if (question.isPresent()) {
                return cases(question.get(), reason -> refusal(change, because(reason)));
            }
        }
        if (change.threshold().isEmpty() && change.together() > 0) {
            Optional<DividedSizes> found = together(change.together(), left);
            if (found.isPresent()) {
                return found.get();
            }
        }
        SizeChange.Threshold threshold = change.threshold().orElseThrow(() -> refusal(change, ONE));
        Map<String, Long> large = new HashMap<>(plan.largest());
        large.put(threshold.dimension(), threshold.largest() + SamplingPlan.MAX_DISTANCE);
        if (!isCheap(program, large)) {
            throw refusal(change, "such sizes are too large to be traced");
        }
        return ranges(request.near(change.after().values()), threshold, reason -> refusal(change, because(reason)));
    }

    private static boolean isCheap(Program program, Map<String, Long> sizes) {
        return program.cost(sizes) <= MAX_TRACED_COST;
    }

    private static String because(String reason) {
        return reason.isEmpty() ? ONE : ONE + " (" + reason + ")";
    }

    private <T> T scanning(boolean comparesNumbers, Function<SizeScan, T> search) {
        // Open until the end, since the values of constants are compared.
        List<Recorder> recorders = new ArrayList<>();
        try (NDManager engine = NDManager.newBaseManager(recorded.device())) {
            ParameterNames names = recorded.names();
            return search.apply(new SizeScan(
                    plan,
                    request.limits(),
                    request.region(),
                    sizes -> {
                        Recorder recorder = recorded.recorder(engine, names, Selection.ACTUAL);
                        recorders.add(recorder);
                        try {
                            return Optional.of(recorder.tape(
                                    recorded.record(recorder, sizes, Tracer.SEED, plan, request.limits())));
                        } catch (ExportException | Recorder.MoreNeeded e) {
                            return Optional.empty();
                        }
                    },
                    comparesNumbers));
        } finally {
            recorders.forEach(Recorder::close);
        }
    }

    /** The block for each remainder of a size. */
    private DividedSizes classes(SizeScan.Period period, ExportException refusal) {
        SamplingPlan.Limit limit = request.limit(period.dimension());
        boolean isWide = limit.isOpen() || limit.max() - limit.min() >= 2L * period.divisor();
        if (request.divisions().addAndGet(1 - period.divisor()) < 0 || !isWide) {
            throw refusal;
        }
        List<Tracer> tracers = IntStream.range(0, period.divisor())
                .mapToObj(less -> new Tracer(request.ofMultiples(period.dimension(), period.divisor(), less)))
                .toList();
        return SizeClasses.of(period, tracers);
    }

    /** The block for both answers to a question. */
    private DividedSizes cases(SizeQuestion test, Function<String, ExportException> refusal) {
        return divided(
                refusal,
                () -> SizeCases.of(
                        request, test, new Tracer(request.where(test, false)), new Tracer(request.where(test, true))));
    }

    /** The block on both sides of a size at which it changes. */
    private DividedSizes ranges(
            TraceRequest request, SizeChange.Threshold threshold, Function<String, ExportException> refusal) {
        String name = threshold.dimension();
        long largest = threshold.largest();
        SamplingPlan.Limit limit = request.limit(name);
        boolean isOpen = limit.isOpen() && request.stated().contains(name);
        long end = isOpen ? SamplingPlan.Limit.OPEN : limit.max(Prober.DEFAULT_MAX);
        return divided(
                refusal,
                () -> SizeRanges.of(
                        threshold,
                        new Tracer(request.within(name, limit.min(), largest)),
                        new Tracer(request.within(name, largest + 1, end))));
    }

    /**
     * Divides in two.
     *
     * @param refusal the exception for a reason why that does not work, or for none
     */
    private DividedSizes divided(Function<String, ExportException> refusal, Supplier<DividedSizes> parts) {
        if (request.divisions().getAndDecrement() <= 0) {
            throw refusal.apply("");
        }
        try {
            DividedSizes found = parts.get();
            found.programs(); // The results may be of other kinds.
            return found;
        } catch (ExportException e) {
            throw refusal.apply(
                    request.divisions().get() < 0
                            ? "there are more than " + SizeRanges.MAX_RANGES + " such ranges of sizes"
                            : String.join("; ", e.problems()));
        }
    }

    /**
     * Divides one of several dimensions for a block that changes where all are larger than a size, as in {@code if (N >
     * 100 && T > 100)}.
     */
    private Optional<DividedSizes> together(long largest, int left) {
        for (String name : plan.dimensions()) {
            SamplingPlan.Limit limit = request.limit(name);
            if (largest < limit.min() || largest >= limit.max(Prober.DEFAULT_MAX)) {
                continue;
            }
            try {
                return Optional.of(ranges(
                        request,
                        new SizeChange.Threshold(name, largest),
                        reason -> new ExportException(List.of(reason))));
            } catch (ExportException e) {
                request.divisions().set(left);
            }
        }
        return Optional.empty();
    }

    /** A refusal because of a change; the remedy is for all sizes, and therefore missing within a part of them. */
    private ExportException refusal(SizeChange change, String reason) {
        return new ExportException(List.of(request.isPart() ? change.getMessage() : change.message(reason)));
    }
}
