package io.kanerva.conformance.report;

import io.kanerva.conformance.check.BoundFinding;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Findings.Participant;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Findings as JUnit XML, which CI servers show: a suite a runtime, a case an output; runtimes that did not run are skipped cases. */
public final class JUnitReport {

    private JUnitReport() {}

    /** The whole document. */
    public static String of(Findings findings) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement("testsuites");
            xml.writeAttribute("name", findings.subject());
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

    private static void suite(XMLStreamWriter xml, Findings findings, Participant runtime) throws XMLStreamException {
        List<Finding> own = findings.findings().stream().filter(finding -> finding.runtime().equals(runtime.name())).toList();
        List<BoundFinding> bounds = findings.bounds().stream().filter(bound -> bound.runtime().equals(runtime.name())).toList();
        long failed = own.stream().filter(finding -> !finding.holds()).count() + bounds.stream().filter(bound -> !bound.holds()).count();
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", runtime.name());
        xml.writeAttribute("tests", Long.toString(Math.max(1, own.size() + bounds.size())));
        xml.writeAttribute("failures", Long.toString(failed));
        xml.writeAttribute("skipped", runtime.ran() ? "0" : "1");
        if (!runtime.ran()) {
            testCase(xml, runtime.name(), runtime.title());
            xml.writeEmptyElement("skipped");
            xml.writeAttribute("message", runtime.readiness().why());
            xml.writeEndElement();
        }
        for (Finding finding : own) {
            testCase(xml, runtime.name() + "." + finding.graph(), "%s, %s, optimisations %s, %s".formatted(finding.comparison().output(), finding.inputs(),
                    finding.optimised() ? "on" : "off", finding.check().name().toLowerCase(Locale.ROOT)));
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
        xml.writeAttribute("classname", type);
        xml.writeAttribute("name", name);
    }

    private static void failure(XMLStreamWriter xml, boolean holds, String message) throws XMLStreamException {
        if (!holds) {
            xml.writeEmptyElement("failure");
            xml.writeAttribute("message", message);
        }
    }
}
