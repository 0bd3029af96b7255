/** The arithmetic that stays on the host: distributions, content search and posteriors. Not exported. */
package io.kanerva.runtime.math;
