package io.kanerva.conformance.bundle;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Which module may know which, over all classes of the reactor that are on this module's class path. */
class RoomsTest {
    private final JavaClasses reactor = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.kanerva");

    @Test
    void allRoomsAreLookedAt() {
        for (String room :
                new String[] {"trainer.model", "exporter.trace", "onnx", "bundle", "runtime", "models", "conformance"
                }) {
            assertThat(reactor.stream().map(type -> type.getPackageName()))
                    .as(room)
                    .contains("io.kanerva." + room);
        }
    }

    @Test
    void theRuntimeKnowsJavaAndOnnxRuntimeOnly() {
        classes()
                .that()
                .resideInAPackage("io.kanerva.runtime..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "ai.onnxruntime..", "io.kanerva.runtime..")
                .check(reactor);
    }

    @Test
    void noOnnxRuntimeTypeIsInTheRuntimesPublicSignatures() {
        methods()
                .that()
                .arePublic()
                .and()
                .areDeclaredInClassesThat()
                .arePublic()
                .and()
                .areDeclaredInClassesThat()
                .resideInAPackage("io.kanerva.runtime..")
                .should()
                .notHaveRawReturnType(DescribedPredicate.describe(
                        "of ONNX Runtime", type -> type.getPackageName().startsWith("ai.onnxruntime")))
                .check(reactor);
    }

    @Test
    void theTrainerKnowsNoOnnx() {
        noClasses()
                .that()
                .resideInAPackage("io.kanerva.trainer..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "ai.onnxruntime..",
                        "com.google.protobuf..",
                        "io.kanerva.exporter..",
                        "io.kanerva.runtime..",
                        "io.kanerva.conformance..")
                .check(reactor);
    }

    @Test
    void theGenericExporterKnowsNoKanerva() {
        noClasses()
                .that()
                .resideInAnyPackage("io.kanerva.exporter.trace..", "io.kanerva.exporter.onnx..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.kanerva.trainer..",
                        "io.kanerva.runtime..",
                        "io.kanerva.bundle..",
                        "io.kanerva.conformance..")
                .check(reactor);
    }

    @Test
    void theExporterKnowsNoRuntime() {
        noClasses()
                .that()
                .resideInAPackage("io.kanerva.exporter..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.onnxruntime..", "io.kanerva.runtime..", "io.kanerva.conformance..")
                .check(reactor);
    }

    @Test
    void modelsKnowNobody() {
        classes()
                .that()
                .resideInAPackage("io.kanerva.models..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "io.kanerva.models..")
                .check(reactor);
    }
}
