package io.kanerva.spark;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;
import org.apache.spark.sql.SparkSession;

/**
 * A standalone cluster of processes on loopback addresses: a master and workers of one core each, on addresses of their
 * own, since Spark tries a slow task again on another host only. Its installation is a folder of links to the jars of
 * this JVM's class path.
 */
public final class StandaloneCluster implements AutoCloseable {

    private static final String STARTED = "Starting Spark master at ";
    private static final String EXECUTOR = "CoarseGrainedExecutorBackend";

    private final Path home;
    private final List<Process> processes = new CopyOnWriteArrayList<>();
    private final String address;

    /**
     * Starts a cluster.
     *
     * @param home an empty folder
     * @param memory of a worker, such as {@code 1g}
     * @param wrapper what starts each worker, such as taskset; "%d" stands for its number
     */
    public StandaloneCluster(Path home, int workers, String memory, String... wrapper) throws IOException {
        this.home = home;
        Path jars = Files.createDirectories(home.resolve("jars"));
        for (String entry : classPath().filter(entry -> entry.endsWith(".jar")).toList()) {
            Path jar = Path.of(entry).toAbsolutePath();
            Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
        }
        String found;
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
        try {
            Process master = start(List.of(), "127.0.0.1", "org.apache.spark.deploy.master.Master", "--port", "0");
            found = address(master);
            for (int i = 0; i < workers; i++) {
                int worker = i;
                String folder = home.resolve("worker" + i).toString();
                drained(start(
                        Stream.of(wrapper).map(part -> part.formatted(worker)).toList(),
                        "127.0.0." + (i + 1),
                        "org.apache.spark.deploy.worker.Worker",
                        "--cores",
                        "1",
                        "--memory",
                        memory,
                        "--work-dir",
                        folder,
                        found));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
        address = found;
    }

    private static Stream<String> classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator));
    }

    private Process start(List<String> wrapper, String host, String main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")); // They end soon.
        command.addAll(List.of("-Xmx256m", "-cp", home + "/jars/*", main, "--host", host, "--webui-port", "0"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("SPARK_HOME", home.toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13"); // or it looks for a build's folders
        builder.environment().put("SPARK_LOCAL_IP", host);
        builder.environment().put("SPARK_LOCAL_DIRS", home.resolve("local").toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    /** Where the master listens, which it says in its log. */
    private static String address(Process master) throws IOException {
        BufferedReader log = new BufferedReader(new InputStreamReader(master.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder all = new StringBuilder();
        for (String line = log.readLine(); line != null; line = log.readLine()) {
            int at = line.indexOf(STARTED);
            if (at >= 0) {
                drained(master);
                return line.substring(at + STARTED.length()).strip();
            }
            all.append(line).append('\n');
        }
        throw new IOException("expected a master that starts, found one that ended:\n" + all);
    }

    /** A process must not wait for somebody to read its log. */
    private static void drained(Process process) {
        Thread reader = new Thread(() -> {
            try {
                process.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // The process has ended.
                return;
            }
        });
        reader.setDaemon(true);
        reader.start();
    }

    /** A session on this cluster. */
    public SparkSession.Builder session() {
        String folders = String.join(
                File.pathSeparator,
                classPath()
                        .filter(entry -> !entry.endsWith(".jar"))
                        .map(entry -> Path.of(entry).toAbsolutePath().toString())
                        .toList());
        return SparkSession.builder()
                .master(address)
                .appName("kanerva-cluster-test")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.sql.warehouse.dir", home.resolve("warehouse").toString())
                .config("spark.executor.cores", "1")
                .config("spark.executor.memory", "600m")
                .config("spark.executorEnv.ORT_DISABLE_TELEMETRY", "1")
                .config("spark.executor.extraClassPath", folders)
                .config("spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8");
    }

    /** The processes of executors. */
    public List<ProcessHandle> executors() {
        return processes.stream()
                .flatMap(Process::descendants)
                .filter(process -> commandLine(process).contains(EXECUTOR))
                .toList();
    }

    /** Java cuts long command lines short. */
    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() {
        List<ProcessHandle> all = new ArrayList<>();
        processes.forEach(process -> {
            process.descendants().forEach(all::add);
            all.add(process.toHandle());
        });
        all.forEach(ProcessHandle::destroyForcibly);
        for (Process process : processes) {
            try {
                if (!process.waitFor(30, TimeUnit.SECONDS)) {
                    throw new UncheckedIOException(new IOException("expected a process that ends, found " + process));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
