/** The difference of two tensors, and the tolerance for it. */
package io.kanerva.conformance.compare;
