package io.kanerva.runtime;

import static com.tngtech.archunit.core.domain.JavaModifier.PUBLIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.Constructor;
import java.lang.reflect.GenericDeclaration;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What users see, and what each package may know. */
class PackagesTest {

    private static final String API = "io.kanerva.runtime";

    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(API);

    @Test
    void onlyThePackageThatUsersSeeIsExported() {
        ModuleDescriptor module = Kanerva.class.getModule().getDescriptor();
        assertThat(module.exports())
                .extracting(ModuleDescriptor.Exports::source)
                .containsExactly(API);
        assertThat(module.requires())
                .extracting(ModuleDescriptor.Requires::name)
                .containsExactlyInAnyOrder("java.base", "jdk.jfr", "com.microsoft.onnxruntime");
    }

    @Test
    void theExportedPackageHoldsTheseTypesAndNoOthers() {
        assertThat(ALL.stream()
                        .filter(type -> type.getPackageName().equals(API) && !type.isNestedClass())
                        .filter(type -> !type.getSimpleName().equals("package-info"))
                        .map(JavaClass::getSimpleName))
                .containsExactlyInAnyOrder(
                        "BoundTerms",
                        "Bundle",
                        "BundleException",
                        "BundleGraph",
                        "CallLimit",
                        "CancelledException",
                        "CapacityException",
                        "ClosedException",
                        "Device",
                        "DeviceException",
                        "Encoding",
                        "FloatTensor",
                        "Generation",
                        "GraphDescription",
                        "InferenceException",
                        "Kanerva",
                        "KanervaException",
                        "KeyGeometry",
                        "Likelihood",
                        "Lookup",
                        "Memory",
                        "MemoryFileException",
                        "MemoryHeap",
                        "ModelSettings",
                        "NativeRuntime",
                        "NormalSampler",
                        "Options",
                        "Planes",
                        "PreparedRecall",
                        "PreparedWrite",
                        "Provenance",
                        "Reading",
                        "Recall",
                        "TensorDescription",
                        "TensorException");
        classes()
                .that()
                .resideInAPackage(API)
                .and()
                .areTopLevelClasses()
                .and()
                .doNotHaveSimpleName("package-info")
                .should()
                .haveModifier(PUBLIC)
                .check(ALL);
    }

    @Test
    void publicSignaturesNameOnlyTypesOfJavaAndOfTheExportedPackage() {
        List<String> leaks = new ArrayList<>();
        for (JavaClass type : ALL) {
            if (type.getPackageName().equals(API) && type.getModifiers().contains(PUBLIC)) {
                Class<?> reflected = type.reflect();
                for (Method method : reflected.getDeclaredMethods()) {
                    check(method, method.getModifiers(), leaks, method.getGenericReturnType());
                    check(method, method.getModifiers(), leaks, method.getGenericParameterTypes());
                }
                for (Constructor<?> constructor : reflected.getDeclaredConstructors()) {
                    check(constructor, constructor.getModifiers(), leaks, constructor.getGenericParameterTypes());
                }
            }
        }
        assertThat(leaks).isEmpty();
    }

    private static void check(GenericDeclaration member, int modifiers, List<String> leaks, Type... types) {
        boolean visible = Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
        Stream.of(types)
                .map(Type::getTypeName)
                .filter(name -> visible && name.matches(".*(ai\\.onnxruntime|io\\.kanerva\\.runtime\\.[a-z]).*"))
                .forEach(name -> leaks.add(member + ": " + name));
    }

    @Test
    void onlySessionsKnowOnnxRuntime() {
        noClasses()
                .that()
                .resideOutsideOfPackage(API + ".session")
                .and()
                .doNotHaveFullyQualifiedName(NativeRuntime.class.getName())
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ai.onnxruntime..")
                .check(ALL);
    }

    @Test
    void bundlesAndArithmeticDoNotKnowSessions() {
        noClasses()
                .that()
                .resideInAnyPackage(API + ".bundle", API + ".math")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(API + ".session")
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage(API + ".math")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(API + ".bundle")
                .check(ALL);
    }
}
