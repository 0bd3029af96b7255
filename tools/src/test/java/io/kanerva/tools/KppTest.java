package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.tools.command.Subcommand;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class KppTest {

    static Stream<String> commands() {
        return commands("", Kpp.commandLine()).distinct();
    }

    /** All subcommands below one, such as {@code verify} and {@code verify model}. */
    private static Stream<String> commands(String parents, CommandLine command) {
        return command.getSubcommands().values().stream().flatMap(sub -> {
            String name = parents + sub.getCommandName();
            return Stream.concat(Stream.of(name), commands(name + " ", sub));
        });
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandHelpsWithAnExample(String command) {
        CommandRun run = CommandRun.kpp((command + " --help").split(" "));
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("Usage: kpp " + command, "Example:");
        assertThat(run.out().substring(run.out().indexOf("Example:"))).contains("kpp " + command);
        assertThat(run.err()).isEmpty();
    }

    @Test
    void saysItsVersionAndThatOfJava() {
        CommandRun run = CommandRun.kpp("--version");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("kpp " + Version.version()).contains("Java " + Runtime.version());
        assertThat(Version.version()).matches("[0-9]+\\.[0-9]+\\.[0-9]+.*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "--help", "recall --help", "completion", "data list", "info"})
    void aFullStandardOutputIsAFailure(String command) {
        OutputStream full = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        StringWriter err = new StringWriter();
        CommandLine kpp = Kpp.commandLine();
        kpp.setOut(new PrintWriter(full)).setErr(new PrintWriter(err, true));
        assertThat(kpp.execute(command.split(" "))).isEqualTo(1);
        assertThat(err).hasToString("standard output: expected it to take the results, found it full or closed\n");
    }

    /** Of a process: System.out never throws, whatever it meets. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aProcessWhoseStandardOutputIsFullExitsWithOne() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Kpp.class.getName(),
                        "--version")
                .redirectOutput(new File("/dev/full"))
                .start();
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(err).isEqualTo("standard output: expected it to take the results, found it full or closed\n");
    }

    /** What is said about a file does not get into it. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aMemoryOnStandardOutputIsTheMemoryAlone(@TempDir Path folder) throws Exception {
        Path piped = folder.resolve("piped");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Kpp.class.getName(),
                        "write",
                        "--memory",
                        "/dev/stdout")
                .redirectOutput(piped.toFile())
                .start();
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(err).isZero();
        assertThat(err).contains("memory    /dev/stdout (");
        Path written = folder.resolve("written");
        assertThat(CommandRun.kpp("write", "--memory", written.toString()).exitCode())
                .isZero();
        assertThat(piped).hasSameBinaryContentAs(written);
    }

    @Test
    void writesACompletionScriptThatKnowsTheCommands() {
        CommandRun run = CommandRun.kpp("completion");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("complete ", "recall", "--memory");
    }

    @ParameterizedTest(name = "kpp {0}")
    @CsvSource(delimiterString = "=>", textBlock = """
            ''                                               => Expected a command, found none; see 'kpp --help'
            recal                                            => Unmatched argument at index 0: 'recal'; see 'kpp --help'
            write                                            => Missing required option: '--memory=FILE'; see 'kpp write --help'
            write --memory m --range 5:2                     => Invalid value for option '--range': expected FROM:TO with FROM below TO, found '5:2'; see 'kpp write --help'
            recall --memory m --out o.png --iterations 0     => Invalid value for option '--iterations': expected at least 1, found 0; see 'kpp recall --help'
            recall --memory m --out o.png --damage fog       => Invalid value for option '--damage': expected salt-and-pepper:FRACTION with 0 to 1, or erase:left|right|top|bottom, found 'fog'; see 'kpp recall --help'
            recall --memory m --out o.png --damage erase:all => Invalid value for option '--damage': expected salt-and-pepper:FRACTION with 0 to 1, or erase:left|right|top|bottom, found 'erase:all'; see 'kpp recall --help'
            generate --memory m --out o.png --count 0        => Invalid value for option '--count': expected at least 1, found 0; see 'kpp generate --help'
            train --run r                                    => Expected --preset NAME, --config FILE, --from RUN, --images PLACE or --resume, found none of them; see 'kpp train --help'
            train --run r --preset mnist --resume            => Expected either --preset or --resume, found both; see 'kpp train --help'
            train --run r --preset quickstart -T 0           => Invalid value for option '--episode-length': expected at least 1, found 0; see 'kpp train --help'
            train --run r --preset quickstart --steps 0      => Invalid value for option '--steps': expected at least 1, found 0; see 'kpp train --help'
            train --run r --resume --set steps=3             => Expected --resume without --episode-length, --set, --config, --from, --seed, and without --steps of several --seeds, which the run's plan fixes; see 'kpp train --help'
            sweep --run r --preset mnist --over seed         => --over: expected KEY=VALUE,VALUE..., found 'seed'; see 'kpp sweep --help'
            sweep --run r --preset mnist --over seed=1,1     => --over: expected distinct values, found 'seed=1,1'; see 'kpp sweep --help'
            sweep --run r --preset mnist --over seed=1,\t1   => --over: expected distinct values, found 'seed=1,\\u00091'; see 'kpp sweep --help'
            sweep --run r --preset mnist --over data=a/b,a:b => --over: expected combinations that each have a folder of their own, found two for 'data=a_b'; see 'kpp sweep --help'
            sweep --run r --preset mnist --over seed=1 --over seed=2,3 => --over: expected each key once, with all its values, found 'seed' twice; see 'kpp sweep --help'
            sweep --run r --preset mnist --over sed=1        => 'sed': expected one of model.…, data, binarisation, episodes, episodeLength, oneClass, steps, learningRate, warmup, gradientNorm, keyWeight.…, latentWeight.…, seed, logEvery, checkpointEvery, validation.…, averageDecay, augment.…, schedule, keepCheckpoints, found another key; see 'kpp sweep --help'
            train --run r --preset mnist --precision bfloat16 => --precision: expected float32, found 'bfloat16': DJL has no automatic mixed precision; see 'kpp train --help'
            train --run r --images p --size 64               => Invalid value for option '--size': expected height and width such as 64x64, found '64'; see 'kpp train --help'
            train --run r --preset mnist --size 64x64        => Expected --size and --memory-floats with --images, without --preset, --config and --from, found another: use --set model.… there; see 'kpp train --help'
            train --run r --preset mnist --seed 1 --seeds 2  => Expected --seed or --seeds, found both; see 'kpp train --help'
            train --run r --preset mnist --seeds 1,2,1       => Expected distinct --seeds, found [1, 2, 1]; see 'kpp train --help'
            evaluate --run r --bundle b                      => Expected --run or --bundle, found both; see 'kpp evaluate --help'
            evaluate --run r --recall                        => Expected --recall with a bundle, found it with --run: export the run first; see 'kpp evaluate --help'
            data                                             => Expected 'list', 'fetch NAME', 'inspect PLACE' or 'split PLACE', found none of them; see 'kpp data --help'
            data split p --share 0.2 --out t                 => --out: expected a name that ends with .csv, found 't'; see 'kpp data split --help'
            data fetch                                       => Missing required parameter: 'NAME'; see 'kpp data fetch --help'
            data fetch mnist --mirror ftp://host             => Invalid value for option '--mirror': expected http://HOST/FOLDER or https://HOST/FOLDER, found 'ftp://host'; see 'kpp data fetch --help'
            quickstart --steps 0                             => Invalid value for option '--steps': expected at least 1, found 0; see 'kpp quickstart --help'
            write --memory m --range 0:99999999999           => Invalid value for option '--range': expected FROM:TO of at most 9 digits each, found '0:99999999999'; see 'kpp write --help'
            generate --memory m --out a --npy ./a            => Invalid value for option '--npy': expected another file than that of --out, found './a'; see 'kpp generate --help'
            generate --memory m --out m                      => Invalid value for option '--out': expected another file than that of --memory, found 'm'; see 'kpp generate --help'
            recall --memory m --out o --images n --npy n     => Invalid value for option '--npy': expected another file than that of --images, found 'n'; see 'kpp recall --help'
            write --memory pom.xml --images ../tools/pom.xml => Invalid value for option '--memory': expected another file than that of --images, found 'pom.xml'; see 'kpp write --help'
            info --threads 257                               => Invalid value for option '--threads': expected at most 256, found 257; see 'kpp info --help'
            info --threads 0                                 => Invalid value for option '--threads': expected at least 1, found 0; see 'kpp info --help'
            """, ignoreLeadingAndTrailingWhitespace = true)
    void aCommandLineThatMakesNoSenseIsOneSentenceAndExitCode2(String arguments, String sentence) {
        CommandRun run = CommandRun.kpp(arguments.isEmpty() ? new String[0] : arguments.split(" "));
        assertThat(run.err()).isEqualTo(sentence + System.lineSeparator());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void showsWhereItFailedOnlyIfAsked() {
        assertThat(CommandRun.kpp("info", "--bundle", "/nowhere").err().lines()).hasSize(1);
        assertThat(CommandRun.kpp("info", "--bundle", "/nowhere", "--stacktrace")
                        .err())
                .contains("\tat io.kanerva.");
        assertThat(CommandRun.kpp("--stacktrace", "info", "--bundle", "/nowhere")
                        .err())
                .contains("\tat io.kanerva.");
    }

    @Test
    void aHeapThatIsTooSmallIsOneSentence() {
        Subcommand command = new Subcommand() {
            @Override
            protected void run() {
                throw new OutOfMemoryError("Java heap space");
            }
        };
        assertThatThrownBy(command::call)
                .isInstanceOf(Failure.class)
                .hasMessage(("expected a computation that fits into %d MiB of Java heap, found a larger one; "
                                + "KPP_JAVA_OPTIONS=-Xmx8g makes it 8 GiB")
                        .formatted(Runtime.getRuntime().maxMemory() >> 20));
    }

    @Test
    void otherMemoryThatIsTooSmallIsNamed() {
        Subcommand command = new Subcommand() {
            @Override
            protected void run() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
        assertThatThrownBy(command::call)
                .isInstanceOf(Failure.class)
                .hasMessage("expected enough memory and threads, found too few: unable to create native thread");
    }
}
