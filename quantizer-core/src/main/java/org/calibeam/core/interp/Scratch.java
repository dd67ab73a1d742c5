package org.calibeam.core.interp;

import java.util.Optional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.tensor.TensorData;

/** What the steps of one runner share: the argument stack and the listener of the current run. */
final class Scratch {
  /**
   * Places of the argument stack whose addresses are known. Operators of ATen take fewer than 30
   * arguments and return fewer than 10 results; the vector never grows beyond this, so that its
   * places stay where they are.
   */
  private static final int STACK_PLACES = 64;

  private static final ForwardListener SILENT = new ForwardListener() {};

  private final IValueVector stack;
  private final Slot[] places = new Slot[STACK_PLACES];
  private final IValue none;
  private final IValueVector nothing;
  private final NativeObservedTensor observed;
  private ForwardListener listener = SILENT;

  Scratch(NativeMemory memory) {
    stack = memory.keep(new IValueVector(STACK_PLACES));
    for (int i = 0; i < STACK_PLACES; i++) {
      places[i] = new Slot(stack, i);
    }
    none = memory.keep(new IValue());
    nothing = memory.keep(new IValueVector());
    observed = new NativeObservedTensor(memory);
  }

  IValueVector stack() {
    return stack;
  }

  Slot place(int index) {
    return places[index];
  }

  IValue none() {
    return none;
  }

  /** Frees the value at {@code pointer}: None is moved there, and stays None where it came from. */
  void clear(IValue pointer) {
    pointer.put(none);
  }

  /** Frees what the last operator left on the stack. */
  void clearStack() {
    stack.put(nothing);
  }

  void listen(ForwardListener other) {
    listener = other;
  }

  void silence() {
    listener = SILENT;
  }

  ForwardListener listener() {
    return listener;
  }

  Optional<TensorData> replace(ObserverId id, IValue value) {
    observed.attach(value, false);
    try {
      return listener.replace(id, observed);
    } finally {
      observed.detach();
    }
  }

  /**
   * Shows a tensor to the listener.
   *
   * @param constant whether it is a constant of the program
   */
  void observe(ObserverId id, IValue value, boolean constant) {
    observed.attach(value, constant);
    try {
      listener.observe(id, observed);
    } finally {
      observed.detach();
    }
  }
}
