package io.kanerva.spark;

import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Options;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/**
 * The models that are open in this process: an executor's or, in local mode, the driver's. All its tasks share one
 * {@link Kanerva} for each bundle and device. The first task opens it, and it stays open between tasks; all are closed
 * with the application or the process, whichever ends first.
 */
final class OpenModels {

    /** Models that stay open while no task uses them: as many as a writer and a recaller need. */
    static final int IDLE = 2;

    private static final Pattern LOCAL = Pattern.compile("local\\[(\\d+)(,.*)?]");

    /** By digest and device; least recently used first. */
    private static final Map<String, Shared> OPEN = new LinkedHashMap<>(16, 0.75f, true);

    /** The user of a model where Spark computes constants, without a task; the application's end gives it back. */
    private static final long DRIVER = -1;

    private static boolean hooked;

    private OpenModels() {}

    /** A model as a task sees it. */
    record OfTask(Kanerva kanerva, LastMemories memories) {}

    /** @param users by the ids of their attempts, and {@link #DRIVER} */
    private record Shared(Kanerva kanerva, Map<Long, OfTask> users) {}

    /** The model of a bundle for the running task, which gives it back when it ends, however it ends. */
    static synchronized OfTask ofTask(SentBundle bundle, Device device) {
        Shared shared = open(bundle, device);
        TaskContext task = TaskContext.get();
        long user = task == null ? DRIVER : task.taskAttemptId();
        OfTask known = shared.users.get(user);
        if (known == null) {
            known = new OfTask(shared.kanerva, new LastMemories(shared.kanerva));
            shared.users.put(user, known);
            if (task != null) {
                TaskCompletionListener released = ended -> release(shared, user);
                task.addTaskCompletionListener(released); // which runs at once if the task has ended
            }
        }
        return known;
    }

    /** A bundle's description, once its model has opened. */
    static synchronized Bundle glanced(SentBundle bundle, Device device) {
        Shared shared = open(bundle, device);
        closeIdle();
        return shared.kanerva.bundle();
    }

    private static Shared open(SentBundle bundle, Device device) {
        if (!hooked) {
            Runtime.getRuntime().addShutdownHook(new Thread(OpenModels::closeAll, "kanerva-close"));
            hooked = true;
        }
        return OPEN.computeIfAbsent(
                bundle.digest() + device,
                unused -> new Shared(
                        Kanerva.load(bundle.files(), Options.on(device).withCallers(callers())), new HashMap<>()));
    }

    private static synchronized void release(Shared shared, long task) {
        shared.users.remove(task);
        closeIdle();
    }

    private static void closeIdle() {
        int idle = (int)
                OPEN.values().stream().filter(shared -> shared.users.isEmpty()).count();
        Iterator<Shared> eldest = OPEN.values().iterator();
        while (idle > IDLE) {
            Shared shared = eldest.next();
            if (shared.users.isEmpty()) {
                eldest.remove();
                shared.kanerva.close();
                idle--;
            }
        }
    }

    /** Closes all, cancelling what still runs. */
    static synchronized void closeAll() {
        OPEN.values().forEach(shared -> shared.kanerva.close(Duration.ZERO));
        OPEN.clear();
    }

    /** The number of open models. */
    static synchronized int count() {
        return OPEN.size();
    }

    /** As many as tasks run at once in this process. */
    private static int callers() {
        SparkConf conf = SparkEnv.get().conf();
        int cores = Runtime.getRuntime().availableProcessors();
        Matcher local = LOCAL.matcher(conf.get("spark.master", ""));
        if (local.matches()) {
            cores = Integer.parseInt(local.group(1));
        } else if (conf.contains("spark.executor.cores")) {
            cores = conf.getInt("spark.executor.cores", cores);
        }
        return Math.max(1, Math.min(Options.MAX_CALLERS, cores / conf.getInt("spark.task.cpus", 1)));
    }
}
