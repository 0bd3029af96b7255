package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java code in the pages of the project compiles; that of the Spark part, in a test there. */
class SnippetTest {
    private static final Pattern JAVA = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

    /** What the snippets leave out: the reader's imports, and what the text around them introduces. */
    private static final String PREAMBLE = """
            import ai.djl.*;
            import ai.djl.ndarray.types.*;
            import ai.djl.nn.*;
            import io.kanerva.bundle.*;
            import io.kanerva.conformance.check.*;
            import io.kanerva.conformance.compare.*;
            import io.kanerva.conformance.report.*;
            import io.kanerva.conformance.runtime.*;
            import io.kanerva.exporter.onnx.*;
            import io.kanerva.exporter.trace.*;
            import io.kanerva.onnx.*;
            import io.kanerva.runtime.*;
            import io.kanerva.tools.image.*;
            import io.kanerva.trainer.data.*;
            import io.kanerva.trainer.evaluate.*;
            import io.kanerva.trainer.model.KanervaModel;
            import io.kanerva.trainer.train.*;
            import %s.Device;
            import java.nio.file.*;
            import java.util.*;

            abstract class Page {
                Images images, testImages;
                FloatTensor episode, damaged;
                Block block;
                KanervaModel model;
                GraphRunner runner, runtime;
                TrainingDetails details;
                VariantCost cost;
                %s

                static class MlpBlockFactory implements BlockFactory {
                    public Block newBlock(Model model, Path folder, Map<String, ?> arguments) {
                        throw new UnsupportedOperationException();
                    }
                }
            }
            """;

    @Test
    void theJavaCodeInThePagesCompiles(@TempDir Path classes) throws IOException {
        List<JavaFileObject> sources = new ArrayList<>();
        for (Path page : pages()) {
            Matcher code = JAVA.matcher(Files.readString(page));
            while (code.find()) {
                String body = code.group(1);
                if (body.contains("Dataset<Row>")) {
                    // Spark is not on this class path; a test in its own part compiles these.
                    continue;
                }
                String member = body.startsWith("class ")
                        ? "static " + body
                        : "void snippet%d() throws Exception {\n%s}\n".formatted(code.start(), body);
                sources.add(source(
                        page,
                        code.start(),
                        PREAMBLE.formatted(
                                page.getParent().endsWith("trainer") ? "ai.djl" : "io.kanerva.runtime", member)));
            }
        }
        assertThat(sources).hasSizeGreaterThan(4);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        for (JavaFileObject source : sources) {
            StringWriter problems = new StringWriter();
            List<String> options =
                    List.of("-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
            assertThat(compiler.getTask(problems, null, null, options, null, List.of(source))
                            .call())
                    .as("%s: %s", source.getName(), problems)
                    .isTrue();
        }
    }

    private static List<Path> pages() throws IOException {
        return SourceFiles.below(
                Path.of("..").toRealPath(),
                file -> file.endsWith("README.md")
                        || file.endsWith("YOUR_IMAGES.md")
                        || file.endsWith("fashion-mnist/MODEL_CARD.md"));
    }

    private static JavaFileObject source(Path page, int position, String text) {
        URI name = page.resolveSibling("Page" + position + ".java").toUri();
        return new SimpleJavaFileObject(name, JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }
}
