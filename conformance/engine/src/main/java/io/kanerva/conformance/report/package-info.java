/** What a verification found, for a terminal, for CI (JUnit XML) and for programs (JSON). */
package io.kanerva.conformance.report;
