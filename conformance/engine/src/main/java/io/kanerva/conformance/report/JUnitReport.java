package io.kanerva.conformance.report;

import io.kanerva.conformance.Agreement;
import io.kanerva.conformance.check.BoundFinding;
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
 * Findings as JUnit XML, which CI servers show: a suite for the bundle itself and one a runtime, a case an output;
 * runtimes that did not run are skipped cases.
 */
public final class JUnitReport {

    private static final String OWN = "bundle";
    private static final Pattern ILLEGAL =
            Pattern.compile("[^\\t\\n\\r\\x20-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]");

    private JUnitReport() {}

    /** The whole document. */
    public static String of(Findings findings) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement("testsuites");
            xml.writeAttribute("name", legal(findings.subject()));
            if (!findings.own().rows().isEmpty() || !findings.faults().isEmpty()) {
                own(xml, findings);
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

    /** What was found without any runtime: a case an output, and one for each fault. */
    private static void own(XMLStreamWriter xml, Findings findings) throws XMLStreamException {
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", OWN);
        xml.writeAttribute(
                "tests",
                Integer.toString(
                        findings.own().rows().size() + findings.faults().size()));
        xml.writeAttribute(
                "failures",
                Integer.toString(
                        findings.own().failures().size() + findings.faults().size()));
        xml.writeAttribute("skipped", "0");
        for (String fault : findings.faults()) {
            testCase(xml, OWN, "faults");
            failure(xml, false, fault);
            xml.writeEndElement();
        }
        for (Agreement.Row row : findings.own().rows()) {
            testCase(
                    xml,
                    OWN + "." + row.graph(),
                    "%s, %s, %s".formatted(row.difference().output(), row.inputs(), row.paths()));
            failure(xml, row.difference().within(), row.describe());
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }

    private static void suite(XMLStreamWriter xml, Findings findings, Participant runtime) throws XMLStreamException {
        List<Finding> own = findings.findings().stream()
                .filter(finding -> finding.runtime().equals(runtime.name()))
                .toList();
        List<BoundFinding> bounds = findings.bounds().stream()
                .filter(bound -> bound.runtime().equals(runtime.name()))
                .toList();
        long failed = own.stream().filter(finding -> !finding.holds()).count()
                + bounds.stream().filter(bound -> !bound.holds()).count();
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", runtime.name());
        xml.writeAttribute("tests", Long.toString(Math.max(1, own.size() + bounds.size())));
        xml.writeAttribute("failures", Long.toString(failed));
        xml.writeAttribute("skipped", runtime.ran() ? "0" : "1");
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
                    "%s, %s, optimisations %s, %s"
                            .formatted(
                                    finding.comparison().output(),
                                    finding.inputs(),
                                    finding.optimised() ? "on" : "off",
                                    finding.check().name().toLowerCase(Locale.ROOT)));
            failure(xml, finding.holds(), finding.describe());
            xml.writeEndElement();
        }
        for (BoundFinding bound : bounds) {
            testCase(xml, runtime.name(), "bound of " + bound.bundle());
            failure(xml, bound.holds(), bound.describe());
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

    /** Text without the characters that XML cannot hold, not even escaped. */
    private static String legal(String text) {
        return ILLEGAL.matcher(text).replaceAll("?");
    }
}
