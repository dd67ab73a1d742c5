/**
 * Runs programs on libtorch, sample by sample, and shows their tensors to a listener.
 *
 * <p>Here: {@link org.calibeam.core.interp.CompiledProgram}, which holds the constants in native
 * memory once per process, and {@link org.calibeam.core.interp.GraphRunner}, which one thread uses
 * to run samples. No other package touches libtorch. Not here: what is done with the tensors that
 * are seen (see {@code observe}).
 *
 * <p>A runner is built once: operators are resolved, every literal argument is a native value in
 * the call's argument template, and each intermediate tensor has a {@link
 * org.calibeam.core.interp.Slot}. Running a call copies the template onto the argument stack, adds
 * the tensors, calls the operator and moves the results to their slots. A tensor's last reader
 * moves it onto the stack, which frees it as soon as the operator has consumed it.
 */
@NullMarked
package org.calibeam.core.interp;

import org.jspecify.annotations.NullMarked;
