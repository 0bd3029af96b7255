/** The self-contained HTML report: a page builder that knows nothing of K++, and the figures that do. */
package io.kanerva.tools.report;
