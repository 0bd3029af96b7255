/** Self-contained HTML reports: a page builder independent of K++, and K++'s figures and pages. */
package io.kanerva.tools.report;
