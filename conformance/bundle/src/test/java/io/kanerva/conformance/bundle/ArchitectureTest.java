package io.kanerva.conformance.bundle;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Which module may know which, over all classes of the reactor that are on this module's class path. */
class ArchitectureTest {
    private static final JavaClasses REACTOR = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar")) // the engine's tests, once it is packaged
            .importPackages("io.kanerva");

    @Test
    void allPartsAreLookedAt() {
        for (String part : new String[] {
            "trainer.model",
            "exporter.trace",
            "onnx",
            "bundle",
            "runtime",
            "models",
            "conformance.check",
            "conformance.bundle"
        }) {
            assertThat(REACTOR.stream().map(type -> type.getPackageName()))
                    .as(part)
                    .contains("io.kanerva." + part);
        }
    }

    @Test
    void theRuntimeKnowsJavaAndOnnxRuntimeOnly() {
        classes()
                .that()
                .resideInAPackage("io.kanerva.runtime..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "jdk.jfr..", "ai.onnxruntime..", "io.kanerva.runtime..")
                .check(REACTOR);
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
                .resideInAPackage("io.kanerva.runtime")
                .should()
                .notHaveRawReturnType(DescribedPredicate.describe(
                        "of ONNX Runtime", type -> type.getPackageName().startsWith("ai.onnxruntime")))
                .check(REACTOR);
    }

    @Test
    void nobodyElseKnowsThePackagesThatTheRuntimeDoesNotExport() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.kanerva.runtime..")
                .should()
                .dependOnClassesThat(
                        resideInAPackage("io.kanerva.runtime..").and(not(resideInAPackage("io.kanerva.runtime"))))
                .check(REACTOR);
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
                        "io.kanerva.onnx..",
                        "io.kanerva.exporter..",
                        "io.kanerva.bundle..",
                        "io.kanerva.runtime..",
                        "io.kanerva.conformance..")
                .check(REACTOR);
    }

    @Test
    void theCheckerKnowsOnnxRuntimeAndJacksonOnly() {
        classes()
                .that()
                .resideInAPackage("io.kanerva.conformance..")
                .and()
                .resideOutsideOfPackage("io.kanerva.conformance.bundle..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                                "java..",
                                "javax.xml..",
                                "ai.onnxruntime..",
                                "com.fasterxml.jackson..",
                                "com.google.protobuf..",
                                "io.kanerva.onnx..",
                                "io.kanerva.conformance..")
                        .and(not(resideInAPackage("io.kanerva.conformance.bundle.."))))
                .check(REACTOR);
    }

    @Test
    void thePackagesOfTheCheckerBuildOnEachOtherInOneOrder() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("compare")
                .definedBy("io.kanerva.conformance.compare..")
                .layer("runtime")
                .definedBy("io.kanerva.conformance.runtime..")
                .layer("check")
                .definedBy("io.kanerva.conformance.check..")
                .layer("report")
                .definedBy("io.kanerva.conformance.report..")
                .layer("bundle")
                .definedBy("io.kanerva.conformance.bundle..")
                .whereLayer("bundle")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("report")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("check")
                .mayOnlyBeAccessedByLayers("report", "bundle")
                .whereLayer("runtime")
                .mayOnlyBeAccessedByLayers("check", "report", "bundle")
                .whereLayer("compare")
                .mayOnlyBeAccessedByLayers("check", "report", "bundle")
                .check(REACTOR);
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
                .check(REACTOR);
    }

    @Test
    void theExporterKnowsNoRuntime() {
        noClasses()
                .that()
                .resideInAPackage("io.kanerva.exporter..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.onnxruntime..", "io.kanerva.runtime..", "io.kanerva.conformance..")
                .check(REACTOR);
    }

    @Test
    void modelsKnowNobody() {
        classes()
                .that()
                .resideInAPackage("io.kanerva.models..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "io.kanerva.models..")
                .check(REACTOR);
    }
}
