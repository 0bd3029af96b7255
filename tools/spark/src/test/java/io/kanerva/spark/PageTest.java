package io.kanerva.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Java code for Spark in the project's pages compiles. */
class PageTest {
    private static final Pattern JAVA = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

    /** What the code leaves out. */
    private static final String PAGE = """
            import io.kanerva.spark.*;
            import org.apache.spark.sql.*;

            abstract class Page {
                SparkSession spark;
                String bundle;
                Dataset<Row> images, queries, memories;

                void page() {
                    %s
                }
            }
            """;

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "../../README.md"})
    void theJavaCodeInThePagesCompiles(String page, @TempDir Path classes) throws IOException {
        Matcher code = JAVA.matcher(Files.readString(Path.of(page)));
        int compiled = 0;
        while (code.find()) {
            if (!code.group(1).contains("Dataset<Row>")) {
                continue;
            }
            String text = PAGE.formatted(code.group(1));
            JavaFileObject source =
                    new SimpleJavaFileObject(URI.create("page:///Page.java"), JavaFileObject.Kind.SOURCE) {
                        @Override
                        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                            return text;
                        }
                    };
            StringWriter problems = new StringWriter();
            List<String> options =
                    List.of("-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
            assertThat(ToolProvider.getSystemJavaCompiler()
                            .getTask(problems, null, null, options, null, List.of(source))
                            .call())
                    .as("%s", problems)
                    .isTrue();
            compiled++;
        }
        assertThat(compiled).isPositive();
    }
}
