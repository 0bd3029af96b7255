package io.kanerva.tools;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.kanerva.tools.command.Subcommand;
import org.junit.jupiter.api.Test;

/** Which package of this module may know which. */
class ArchitectureTest {
    private static final JavaClasses TOOLS = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.kanerva.tools");

    @Test
    void theSubcommandsOfOnePackageKnowNoneOfAnother() {
        slices().matching("io.kanerva.tools.command.(*)..")
                .should()
                .notDependOnEachOther()
                .check(TOOLS);
    }

    @Test
    void whatServesTheSubcommandsKnowsNoneOfThem() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.kanerva.tools.run",
                        "io.kanerva.tools.bundle",
                        "io.kanerva.tools.experiment",
                        "io.kanerva.tools.image",
                        "io.kanerva.tools.play",
                        "io.kanerva.tools.report",
                        "io.kanerva.tools.terminal")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.kanerva.tools.command..")
                .check(TOOLS);
    }

    @Test
    void everySubcommandIsFoundByItsName() {
        classes()
                .that()
                .areAssignableTo(Subcommand.class)
                .and()
                .doNotHaveSimpleName("Subcommand")
                .should()
                .haveSimpleNameEndingWith("Command")
                .andShould()
                .resideInAPackage("io.kanerva.tools.command..")
                .check(TOOLS);
    }
}
