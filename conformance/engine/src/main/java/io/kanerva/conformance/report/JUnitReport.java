package io.kanerva.conformance.report;

import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Findings.Participant;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Findings as JUnit XML, which CI servers show: one suite per runtime, one case per output, and one suite for faults;
 * runtimes that did not run, and what they cannot run, are skipped cases.
 */
public final class JUnitReport {

    private static final String FAULTS = "faults";
    private static final Pattern ILLEGAL =
            Pattern.compile("[^\\t\\n\\r\\x20-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]");

    private JUnitReport() {}

    /** Returns the document. */
    public static String of(Findings findings) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement("testsuites");
            xml.writeAttribute("name", legal(findings.subject()));
            if (!findings.faults().isEmpty()) {
                faults(xml, findings.faults());
            }
            for (Participant runtime : findings.runtimes()) {
                suite(xml, findings, runtime);
            }
            xml.writeEndElement();
            xml.writeEndDocument();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("XML cannot be written to memory", e);
        }
        return text.toString();
    }

    private static void faults(XMLStreamWriter xml, List<String> faults) throws XMLStreamException {
        suite(xml, FAULTS, faults.size(), faults.size(), 0);
        for (String fault : faults) {
            testCase(xml, FAULTS, FAULTS);
            failure(xml, false, fault);
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }

    private static void suite(XMLStreamWriter xml, String name, long tests, long failures, long skipped)
            throws XMLStreamException {
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", name);
        xml.writeAttribute("tests", Long.toString(tests));
        xml.writeAttribute("failures", Long.toString(failures));
        xml.writeAttribute("skipped", Long.toString(skipped));
    }

    private static void suite(XMLStreamWriter xml, Findings findings, Participant runtime) throws XMLStreamException {
        List<Finding> own = findings.findings().stream()
                .filter(finding -> finding.runtime().equals(runtime.name()))
                .toList();
        long failed = own.stream()
                .filter(finding -> finding.outcome() == Finding.Outcome.WRONG)
                .count();
        long unable = own.stream().filter(Finding::isUnable).count();
        suite(xml, runtime.name(), Math.max(1, own.size()), failed, runtime.ran() ? unable : 1);
        if (!runtime.ran()) {
            testCase(xml, runtime.name(), runtime.title());
            xml.writeEmptyElement("skipped");
            xml.writeAttribute("message", legal(runtime.readiness().why()));
            xml.writeEndElement();
        }
        for (Finding finding : own) {
            testCase(
                    xml,
                    runtime.name() + "." + finding.graph(),
                    "%s, %s, against %s, optimisations %s, %s"
                            .formatted(
                                    finding.comparison().output(),
                                    finding.inputs(),
                                    finding.reference(),
                                    finding.optimised() ? "on" : "off",
                                    finding.check().name().toLowerCase(Locale.ROOT)));
            if (finding.isUnable()) {
                xml.writeEmptyElement("skipped");
                xml.writeAttribute("message", legal(finding.describe()));
            } else {
                failure(xml, finding.holds(), finding.describe());
            }
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }

    private static void testCase(XMLStreamWriter xml, String type, String name) throws XMLStreamException {
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", legal(type));
        xml.writeAttribute("name", legal(name));
    }

    private static void failure(XMLStreamWriter xml, boolean holds, String message) throws XMLStreamException {
        if (!holds) {
            xml.writeEmptyElement("failure");
            xml.writeAttribute("message", legal(message));
        }
    }

    /** Replaces the characters that XML cannot hold, not even escaped. */
    private static String legal(String text) {
        return ILLEGAL.matcher(text).replaceAll("?");
    }
}
