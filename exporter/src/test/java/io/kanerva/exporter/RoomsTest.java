package io.kanerva.exporter;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The generic tracer sees neither Kanerva++ nor a runtime, and recording does not see ONNX. */
class RoomsTest {
    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.kanerva.exporter");

    @Test
    void the_generic_part_does_not_see_kanerva() {
        noClasses()
                .that()
                .resideInAnyPackage("io.kanerva.exporter.trace..", "io.kanerva.exporter.onnx..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.kanerva.trainer..", "io.kanerva.exporter.bundle..", "io.kanerva.runtime..")
                .check(classes);
    }

    @Test
    void the_generic_part_does_not_see_an_engine_or_a_runtime() {
        noClasses()
                .that()
                .resideInAnyPackage("io.kanerva.exporter.trace..", "io.kanerva.exporter.onnx..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.djl.pytorch..", "ai.onnxruntime..")
                .check(classes);
    }

    @Test
    void recording_does_not_see_onnx() {
        noClasses()
                .that()
                .resideInAPackage("io.kanerva.exporter.trace..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.kanerva.exporter.onnx..")
                .check(classes);
    }
}
