package io.kanerva.conformance.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small models with a known fault, or with none: each must get the verdict that is right. */
class VerdictCorpusTest {
    @TempDir
    Path temporary;

    @Test
    void everyVerdictIsRightAndNamesTheCulprit() throws IOException {
        List<Entry> corpus = Stream.of(
                        GoodModels.all(),
                        WrongVectors.all(),
                        FaultyEngines.all(),
                        Meanings.all(),
                        OpenChoices.all(),
                        Overflows.all(),
                        Windows.all(),
                        QuantisedModels.all(),
                        RandomModels.all())
                .flatMap(List::stream)
                .toList();
        List<String> wrong = new ArrayList<>();
        for (Entry entry : corpus) {
            String verdict = entry.judge(temporary.resolve(Integer.toString(corpus.indexOf(entry))));
            if (!verdict.equals(entry.verdict())) {
                wrong.add("%s: expected '%s', found '%s'".formatted(entry.name(), entry.verdict(), verdict));
            }
        }
        System.out.printf(
                "%d of %d verdicts are right, %.1f %%%n",
                corpus.size() - wrong.size(), corpus.size(), 100.0 * (corpus.size() - wrong.size()) / corpus.size());
        assertThat(wrong).isEmpty();
        assertThat(corpus).extracting(Entry::name).doesNotHaveDuplicates().hasSizeGreaterThan(100);
    }
}
