package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageShape;
import io.kanerva.trainer.data.OwnImages;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.MapShape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FittedPlanTest {
    @TempDir
    private Path folder;

    @Test
    void blackAndWhiteImagesOfOneSizeStayAsTheyAre() throws IOException {
        put(400, 28, 32, 0xffffff);
        FittedPlan fitted = fitted();
        TrainingPlan plan = fitted.plan();
        assertThat(plan.data()).isEqualTo("images");
        assertThat(plan.binarisation()).isEqualTo(Binarisation.FIXED);
        assertThat(plan.settings().likelihood()).isEqualTo(ImageLikelihood.BERNOULLI);
        assertThat(plan.settings().image()).isEqualTo(new MapShape(1, 28, 32));
        assertThat(plan.settings().capacity()).isEqualTo(32);
        assertThat(plan.episodeLength()).isEqualTo(32);
        assertThat(fitted.reasons())
                .containsExactly(
                        "28 x 32 pixels, as they are",
                        "black and white, as all pixels are",
                        "episodes of 32",
                        "8,000 steps and 17,920 floats of memory for 32 images, like mnist");
        requireTrainable(plan);
    }

    @Test
    void greyImagesGetLevelsAndLargeOnesAreResized() throws IOException {
        put(100, 100, 200, 0x808080);
        FittedPlan fitted = fitted();
        assertThat(fitted.plan().binarisation()).isEqualTo(Binarisation.NONE);
        assertThat(fitted.plan().settings().likelihood()).isEqualTo(ImageLikelihood.DISCRETIZED_LOGISTIC_MIXTURE);
        assertThat(fitted.plan().settings().image()).isEqualTo(new MapShape(1, 32, 64));
        assertThat(fitted.plan().episodeLength()).as("ten images for testing").isEqualTo(8);
        assertThat(fitted.reasons())
                .startsWith(
                        "32 x 64 pixels, resized from 100 x 200",
                        "256 levels of grey, as no picture is in colour",
                        "episodes of 8, as there are 10 images for testing");
        requireTrainable(fitted.plan());
    }

    @Test
    void coloursOfSeveralSizesBecomeSquares() throws IOException {
        put(20, 30, 50, 0x804020);
        BufferedImage other = new BufferedImage(47, 45, BufferedImage.TYPE_INT_RGB);
        ImageIO.write(other, "png", folder.resolve("other.png").toFile());
        FittedPlan fitted = fitted();
        assertThat(fitted.plan().settings().image()).isEqualTo(new MapShape(3, 32, 32));
        assertThat(fitted.reasons())
                .startsWith(
                        "32 x 32 pixels, cropped and resized, as there are 2 sizes whose shorter side is 30 in the "
                                + "median",
                        "256 levels of red, green and blue, as 20 of 21 pictures are in colour");
        requireTrainable(fitted.plan());
    }

    @Test
    void resizedBlackAndWhiteIsThresholded() throws IOException {
        put(20, 105, 105, 0xffffff);
        assertThat(fitted().plan().binarisation()).isEqualTo(Binarisation.THRESHOLD);
        assertThat(fitted().plan().settings().image()).isEqualTo(new MapShape(1, 64, 64));
    }

    @Test
    void takesTheSizeAndTheMemoryThatAreAskedFor() throws IOException {
        put(20, 30, 50, 0x804020);
        OwnImages images = OwnImages.at(folder);
        FittedPlan fitted =
                FittedPlan.of(images, images.survey(done -> {}), 96, 72).withMemory(50_000);
        assertThat(fitted.plan().settings().image()).isEqualTo(new MapShape(3, 96, 72));
        assertThat(fitted.plan().settings().memory()).isEqualTo(new MapShape(3, 96, 144));
        assertThat(fitted.reasons())
                .startsWith("96 x 72 pixels, resized from 30 x 50")
                .endsWith("but 41,472 floats of memory, within 50,000");
        requireTrainable(fitted.plan());
        assertThatThrownBy(() -> fitted.withMemory(13_000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("memory of 13,000 floats: expected at least 13,824, one for each cell");
        assertThatThrownBy(() -> FittedPlan.of(images, images.survey(done -> {}), 30, 72))
                .hasMessage("size 30 x 72: expected multiples of 4 from 8 on");
    }

    @Test
    void refusesPicturesNoneOfWhichCanBeRead() throws IOException {
        Files.writeString(folder.resolve("1.png"), "text");
        Files.writeString(folder.resolve("2.png"), "another text");
        assertThatThrownBy(this::fitted)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(folder + ": expected pictures that can be read, found none");
    }

    private FittedPlan fitted() {
        OwnImages images = OwnImages.at(folder);
        return FittedPlan.of(images, images.survey(done -> {}));
    }

    private void requireTrainable(TrainingPlan plan) {
        MapShape image = plan.settings().image();
        new TrainingEpisodes(
                        OwnImages.at(folder).train(new ImageShape(image.channels(), image.height(), image.width())),
                        plan)
                .draw(0);
    }

    private void put(int count, int height, int width, int colour) throws IOException {
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        picture.setRGB(width / 2, height / 2, colour);
        for (int i = 0; i < count; i++) {
            picture.setRGB(i % width, i / width, colour); // no two are equal
            ImageIO.write(
                    picture, "png", folder.resolve("%03d.png".formatted(i)).toFile());
        }
    }
}
