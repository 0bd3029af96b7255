package io.kanerva.exporter.trace;

/**
 * The body of an operation {@code loop}, for all iterations and all sizes of the dynamic dimensions.
 *
 * <p>The operation's inputs are the initial states, then what the body reads from outside. Its results are the last
 * iteration's {@code finals}, then the {@code collected} values of all iterations along a new first axis.
 *
 * @param iteration name of the dimension that stands for the iteration's number, from 0, in the body's sizes
 * @param states the number of values that an iteration hands on to the next: the body's first inputs and outputs
 * @param finals the number of the body's outputs after the states whose last value is a result
 * @param body inputs like the operation's; outputs are the next states, the finals and the collected values
 */
public record LoopProgram(String iteration, int states, int finals, Program body) {}
