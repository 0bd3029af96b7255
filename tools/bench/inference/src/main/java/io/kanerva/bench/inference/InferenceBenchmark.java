package io.kanerva.bench.inference;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.PreparedRecall;
import io.kanerva.runtime.Recall;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Our own calls under JMH, for distributions, allocation rates ({@code -prof gc}) and scaling ({@code -t 2}). */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class InferenceBenchmark {

    /** One model shared by all threads. */
    @State(Scope.Benchmark)
    public static class Shared {
        @Param({"1", "16", "64"})
        public int batch;

        @Param("")
        public String folder;

        Kanerva kanerva;
        Memory memory;
        FloatTensor episode;
        FloatTensor queries;

        /** Opens the model of {@link Prepare} in {@code folder}. */
        @Setup
        public void open() {
            SharedFolder shared = new SharedFolder(Path.of(folder));
            kanerva = Kanerva.load(shared.bundle(), Device.CPU);
            Planes image = kanerva.bundle().settings().image();
            int samples = Math.min(batch, TimedCall.EPISODE);
            int episodes = batch / samples;
            episode = new FloatTensor(
                    shared.images(batch), episodes, samples, image.channels(), image.height(), image.width());
            queries = new FloatTensor(shared.images(batch), 1, batch, image.channels(), image.height(), image.width());
            memory = kanerva.write(new FloatTensor(
                    shared.images(TimedCall.EPISODE),
                    1,
                    TimedCall.EPISODE,
                    image.channels(),
                    image.height(),
                    image.width()));
        }

        /** Frees the model. */
        @TearDown
        public void close() {
            kanerva.close();
        }
    }

    /** A prepared recall for each thread. */
    @State(Scope.Thread)
    public static class Own {
        PreparedRecall recall;
        FloatBuffer queries;
        FloatBuffer recalled;

        /** Prepares. */
        @Setup(Level.Trial)
        public void prepare(Shared shared) {
            recall = shared.kanerva.prepareRecall(shared.memory, shared.batch);
            queries = FloatBuffer.wrap(shared.queries.data());
            recalled = FloatBuffer.allocate(shared.queries.size());
        }

        /** Frees. */
        @TearDown
        public void close() {
            recall.close();
        }
    }

    /** Kanerva's own call. */
    @Benchmark
    public Recall recall(Shared shared) {
        return shared.kanerva.recall(shared.memory, shared.queries, 1);
    }

    /** The same into the caller's buffer. */
    @Benchmark
    public FloatBuffer preparedRecall(Own own) {
        own.recall.run(own.queries, own.recalled);
        return own.recalled;
    }

    /** Kanerva's own call. */
    @Benchmark
    public Memory write(Shared shared) {
        return shared.kanerva.write(shared.episode);
    }
}
