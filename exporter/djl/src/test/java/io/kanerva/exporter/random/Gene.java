package io.kanerva.exporter.random;

import java.util.List;

/**
 * What a random layer is grown from. Every combination of numbers means something for every shape, so that whatever
 * jqwik draws or shrinks to is a network.
 *
 * @param kind which layer, modulo the number of those that the shape allows
 * @param first, second, third the layer's sizes and choices, modulo what is possible
 * @param children layers inside of this one
 */
record Gene(int kind, int first, int second, int third, List<Gene> children) {
    @Override
    public String toString() {
        return kind + "." + first + "." + second + "." + third + (children.isEmpty() ? "" : children.toString());
    }
}
