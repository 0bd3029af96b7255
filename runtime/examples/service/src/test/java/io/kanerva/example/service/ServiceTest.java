package io.kanerva.example.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Recall;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

@Timeout(180)
class ServiceTest {

    private static final int CLIENTS = 16;
    private static final int IMAGE = 28 * 28;
    private static final int SAMPLES = 7;

    @TempDir
    Path folder;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Test
    void aMemoryIsWrittenExtendedRecalledAndFreed() throws Exception {
        try (ConfigurableApplicationContext service = start()) {
            HttpResponse<String> written = post(service, "/memories", stripes(0, 4));
            assertThat(written.statusCode()).as(written.body()).isEqualTo(201);
            long id = number("id", written.body());
            assertThat(written.headers().firstValue("Location")).contains("/memories/" + id);
            String memory = "/memories/" + id;

            HttpResponse<String> extended = post(service, memory + "/samples", stripes(4, SAMPLES));
            assertThat(number("samples", extended.body())).isEqualTo(SAMPLES);
            HttpResponse<String> recalled = post(service, memory + "/recall?iterations=2", stripes(0, SAMPLES));
            assertThat(recalled.body()).isEqualTo(expected(2));

            assertThat(request(service, "DELETE", memory, new byte[0]).statusCode())
                    .isEqualTo(204);
            HttpResponse<String> gone = post(service, memory + "/recall", stripes(0, 1));
            assertThat(gone.statusCode()).isEqualTo(404);
            assertThat(gone.body()).contains("memory: expected one with id " + id + ", found none");
        }
    }

    @Test
    void badInputIsRefusedInOneSentence() throws Exception {
        try (ConfigurableApplicationContext service = start()) {
            HttpResponse<String> odd = post(service, "/memories", new byte[IMAGE + 1]);
            assertThat(odd.statusCode()).isEqualTo(400);
            assertThat(odd.body())
                    .contains("body: expected 1 to 1024 images of 784 bytes each (1 x 28 x 28), found 785 bytes");
            assertThat(post(service, "/memories", new byte[0]).body()).contains("found 0 bytes");
            assertThat(post(service, "/memories", new byte[IMAGE * 1025]).body())
                    .contains("found more");
            assertThat(post(service, "/memories", new byte[IMAGE * 33]).statusCode())
                    .as("33 samples, one more than in training")
                    .isEqualTo(201);
            String memory = "/memories/"
                    + number("id", post(service, "/memories", stripes(0, 1)).body());
            HttpResponse<String> none = post(service, memory + "/recall?iterations=0", stripes(0, 1));
            assertThat(none.statusCode()).isEqualTo(400);
            assertThat(none.body()).contains("iterations");
            assertThat(request(service, "DELETE", "/memories/none", new byte[0]).statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void healthNamesTheModelAndTheDatabase() throws Exception {
        try (ConfigurableApplicationContext service = start()) {
            HttpResponse<String> health = request(service, "GET", "/actuator/health", new byte[0]);
            assertThat(health.statusCode()).isEqualTo(200);
            assertThat(health.body()).startsWith("{\"").contains("\"model\":\"mnist", "\"database\":\"H2\"");
        }
    }

    /** Sixteen clients write and recall until SIGTERM has ended it: what it acknowledged is right, and is kept. */
    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "Java ends a process there without a signal")
    void aServiceStoppedUnderLoadLosesNothingThatItAcknowledged() throws Exception {
        String right = expected(1);
        Map<Long, Boolean> acknowledged = new ConcurrentHashMap<>();
        CountDownLatch busy = new CountDownLatch(CLIENTS * 2);
        AtomicBoolean stopping = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        List<Future<Integer>> counts = new ArrayList<>();
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Process service = fork(port);
        try {
            for (int i = 0; i < CLIENTS; i++) {
                counts.add(clients.submit(() -> useUntilStopped(port, right, acknowledged, busy, stopping)));
            }
            assertThat(busy.await(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            stopping.set(true);
            service.destroy();
        }
        assertThat(service.waitFor()).as("ended by SIGTERM").isEqualTo(128 + 15);
        for (Future<Integer> count : counts) {
            assertThat(count.get(60, TimeUnit.SECONDS)).isPositive();
        }
        clients.shutdown();

        assertThat(acknowledged).isNotEmpty();
        try (ConfigurableApplicationContext again = start()) {
            for (long id : acknowledged.keySet()) {
                assertThat(post(again, "/memories/" + id + "/recall", stripes(0, SAMPLES))
                                .body())
                        .isEqualTo(right);
            }
        }
    }

    /** Returns how many rounds were answered; a wrong answer is an error. */
    private int useUntilStopped(
            int port, String right, Map<Long, Boolean> acknowledged, CountDownLatch busy, AtomicBoolean stopping)
            throws InterruptedException {
        for (int rounds = 0; ; rounds++) {
            try {
                HttpResponse<String> written = request(port, "POST", "/memories", stripes(0, SAMPLES));
                if (isRefusal(written, stopping)) {
                    return rounds;
                }
                assertThat(written.statusCode()).as(written.body()).isEqualTo(201);
                long id = number("id", written.body());
                acknowledged.put(id, true);
                HttpResponse<String> recalled =
                        request(port, "POST", "/memories/" + id + "/recall", stripes(0, SAMPLES));
                if (isRefusal(recalled, stopping)) {
                    return rounds;
                }
                assertThat(recalled.body()).isEqualTo(right);
            } catch (IOException e) { // the service no longer accepts requests
                return rounds;
            }
            busy.countDown();
        }
    }

    /** Whether a service that stops did not take a request; of one that it was still reading, Tomcat says 400. */
    private static boolean isRefusal(HttpResponse<String> response, AtomicBoolean stopping) {
        return response.statusCode() == 503 || response.statusCode() == 400 && stopping.get();
    }

    private ConfigurableApplicationContext start() {
        return new SpringApplication(ServiceApplication.class).run(options(0));
    }

    private String[] options(int port) {
        return new String[] {
            "--server.port=" + port,
            "--spring.main.banner-mode=off",
            "--logging.level.root=warn",
            "--logging.level.io.kanerva=info",
            "--spring.datasource.url=jdbc:h2:file:" + folder.resolve("memories") + ";DB_CLOSE_ON_EXIT=FALSE"
        };
    }

    /** The service in a process of its own, once it is ready. */
    private Process fork(int port) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ServiceApplication.class.getName()));
        command.addAll(List.of(options(port)));
        Path log = folder.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
        Process service = builder.start();
        BufferedReader output = service.inputReader();
        String line = output.readLine();
        while (line != null && !line.contains("Started ServiceApplication")) {
            line = output.readLine();
        }
        assertThat(line).as("%s", Files.readString(log)).isNotNull();
        return service;
    }

    /** What the service should answer: the runtime's own result. */
    private static String expected(int iterations) throws IOException {
        byte[] bytes = stripes(0, SAMPLES);
        FloatTensor images = FloatTensor.zeros(1, SAMPLES, 1, 28, 28);
        for (int i = 0; i < bytes.length; i++) {
            images.data()[i] = bytes[i] == 0 ? 0 : 1;
        }
        try (Kanerva kanerva =
                Kanerva.loadResource(ServiceTest.class.getClassLoader(), "io/kanerva/models/mnist-fp16", Device.CPU)) {
            Recall recall = kanerva.recall(kanerva.write(images), images, iterations);
            byte[] pixels = new byte[bytes.length];
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) Math.round(255 * recall.images().data()[i]);
            }
            return "{\"samples\":[0,1,2,3,4,5,6],\"images\":\"%s\"}"
                    .formatted(java.util.Base64.getEncoder().encodeToString(pixels));
        }
    }

    /** Images {@code from} to {@code to}, exclusive, of seven that have one white stripe each. */
    private static byte[] stripes(int from, int to) {
        byte[] images = new byte[(to - from) * IMAGE];
        for (int i = 0; i < images.length; i++) {
            images[i] = (byte) (i % IMAGE / 112 == from + i / IMAGE ? 255 : 0);
        }
        return images;
    }

    private HttpResponse<String> post(ConfigurableApplicationContext service, String path, byte[] images)
            throws IOException, InterruptedException {
        return request(service, "POST", path, images);
    }

    private HttpResponse<String> request(
            ConfigurableApplicationContext service, String method, String path, byte[] body)
            throws IOException, InterruptedException {
        int port = service.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
        return request(port, method, path, body);
    }

    private HttpResponse<String> request(int port, String method, String path, byte[] body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .header("Content-Type", "application/octet-stream")
                .method(method, BodyPublishers.ofByteArray(body))
                .build();
        return http.send(request, BodyHandlers.ofString());
    }

    private static long number(String name, String json) {
        Matcher matcher = Pattern.compile("\"" + name + "\":(\\d+)").matcher(json);
        assertThat(matcher.find()).as(json).isTrue();
        return Long.parseLong(matcher.group(1));
    }
}
