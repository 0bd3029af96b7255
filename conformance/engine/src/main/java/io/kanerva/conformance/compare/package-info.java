/** How far two tensors lie apart, and how far they may. */
package io.kanerva.conformance.compare;
