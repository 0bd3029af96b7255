package io.kanerva.exporter;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The exporter sees neither Kanerva++ nor an engine or runtime, and recording does not see how ONNX is written. */
class DependenciesTest {
    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.kanerva.exporter");

    @Test
    void theExporterDoesNotSeeKanerva() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.kanerva.trainer..", "io.kanerva.bundle..", "io.kanerva.runtime..")
                .check(classes);
    }

    @Test
    void theExporterDoesNotSeeAnEngineOrARuntime() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.djl.pytorch..", "ai.onnxruntime..")
                .check(classes);
    }

    @Test
    void recordingSeesTensorsOnlyOfOnnx() {
        noClasses()
                .that()
                .resideInAPackage("io.kanerva.exporter.trace..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.kanerva.exporter.onnx..", "io.kanerva.onnx.proto..")
                .check(classes);
    }
}
