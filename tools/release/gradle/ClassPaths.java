import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.gradle.api.Project;
import org.gradle.testfixtures.ProjectBuilder;

/** Evaluates a project's build.gradle and writes the class paths that Gradle resolves, without its program. */
final class ClassPaths {

    /** The project's folder, Gradle's own, and the script's two properties. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Project project = ProjectBuilder.builder()
                .withProjectDir(folder.toFile())
                .withGradleUserHomeDir(new File(arguments[1]))
                .build();
        project.getExtensions().getExtraProperties().set("staging", arguments[2]);
        project.getExtensions().getExtraProperties().set("repository", arguments[3]);
        project.apply(Map.of("from", folder.resolve("build.gradle").toFile()));
        for (String name : new String[] {"compile", "runtime"}) {
            String found = project.getConfigurations().getByName(name + "Classpath").getAsPath();
            Files.writeString(folder.resolve("gradle-" + name + "-class-path.txt"), found);
        }
        System.out.println("Gradle " + project.getGradle().getGradleVersion());
        System.exit(0); // some of its threads would go on
    }
}
