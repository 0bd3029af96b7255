package io.kanerva.onnx;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class DependenciesTest {
    @Test
    void theFormatKnowsJavaAndProtobufOnlyButForOneRunner() {
        classes()
                .that()
                .haveNameNotMatching(".*\\.OrtRunner(\\$.*)?")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "com.google.protobuf..", "io.kanerva.onnx..")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.kanerva.onnx"));
    }
}
