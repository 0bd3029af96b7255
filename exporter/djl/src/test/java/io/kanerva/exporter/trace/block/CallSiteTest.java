package io.kanerva.exporter.trace.block;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The user's line in stacks of other languages and libraries. */
class CallSiteTest {
    private static StackTraceElement frame(String type, String method, String file, int line) {
        return new StackTraceElement(type, method, file, line);
    }

    private static final StackTraceElement ENGINE =
            frame("ai.djl.pytorch.engine.PtNDArray", "add", "PtNDArray.java", 800);
    private static final StackTraceElement ARRAY = frame("ai.djl.ndarray.NDArray", "add", "NDArray.java", 10);
    private static final StackTraceElement LINEAR =
            frame("ai.djl.nn.core.Linear", "forwardInternal", "Linear.java", 83);
    private static final StackTraceElement BASE = frame("ai.djl.nn.AbstractBaseBlock", "forward", "A.java", 1);
    private static final StackTraceElement TRACER = frame(BlockRun.class.getName(), "forward", "BlockRun.java", 1);
    private static final StackTraceElement MAIN = frame("com.example.Main", "main", "Main.java", 3);

    private static CallSite site(StackTraceElement... frames) {
        Exception exception = new Exception();
        exception.setStackTrace(frames);
        return CallSite.of(exception, "", CallSiteTest.class.getClassLoader());
    }

    private static String line(StackTraceElement... frames) {
        return site(frames).line();
    }

    @Test
    void aLibraryThatComputesIsTheLine() {
        assertThat(line(ENGINE, ARRAY, frame("org.lib.Ops", "gate", "Ops.java", 7), MAIN, TRACER))
                .isEqualTo("Ops.gate(Ops.java:7)");
    }

    @Test
    void codeThatRunsJavasStreamsIsTheLine() {
        assertThat(line(
                        ENGINE,
                        frame("com.example.Net", "lambda$forward$0", "Net.java", 12),
                        frame("java.util.stream.ReferencePipeline", "collect", "ReferencePipeline.java", 1),
                        TRACER))
                .isEqualTo("Net.lambda$forward$0(Net.java:12)");
        assertThat(line(
                        frame("jdk.proxy2.$Proxy12", "add", null, -1),
                        frame("java.util.stream.ReduceOps", "reduce", "ReduceOps.java", 1),
                        MAIN,
                        TRACER))
                .isEqualTo("Main.main(Main.java:3)");
    }

    @Test
    void otherLanguagesRuntimesAreNotTheLine() {
        assertThat(line(
                        frame("jdk.proxy2.$Proxy12", "add", null, -1),
                        frame("org.codehaus.groovy.runtime.callsite.PojoMetaMethodSite", "call", "P.java", 1),
                        frame("groovy.lang.MetaClassImpl", "invokeMethod", "M.java", 1),
                        frame("Script1", "run", "/home/ann/models/Script1.groovy", 5),
                        TRACER))
                .isEqualTo("Script1.run(Script1.groovy:5)");
        assertThat(line(
                        ARRAY,
                        frame("kotlin.collections.CollectionsKt", "map", "Collections.kt", 1),
                        frame("com.example.NetKt$net$1", "invoke", "Net.kt", 9),
                        TRACER))
                .isEqualTo("NetKt$net$1.invoke(Net.kt:9)");
        assertThat(line(ARRAY, frame("REPL.$JShell$12", "do_it$", "#12", 1), TRACER))
                .isEqualTo("$JShell$12.do_it$(#12:1)");
    }

    @Test
    void theUsersBlockIsTheLineAndDjlsIsNamedBeforeIt() {
        StackTraceElement user =
                frame("io.kanerva.exporter.user.OriginTest$Residual", "forwardInternal", "Net.java", 50);
        CallSite site = site(ENGINE, ARRAY, LINEAR, BASE, user, BASE, TRACER, MAIN);
        assertThat(site)
                .hasToString("in OriginTest$Residual > Linear at OriginTest$Residual.forwardInternal(Net.java:50)");
    }

    @Test
    void withoutTheUsersCodeTheLineIsDjls() {
        assertThat(line(ENGINE, ARRAY, LINEAR, BASE, TRACER, MAIN)).isEqualTo("Linear.forwardInternal(Linear.java:83)");
        assertThat(line()).isEqualTo("unknown line");
    }
}
