/** Reports of a verification's findings: plain text, JUnit XML for CI, and JSON for programs. */
package io.kanerva.conformance.report;
