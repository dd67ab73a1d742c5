package org.calibeam.core.interp;

import java.util.Optional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.tensor.TensorData;

/**
 * Shows a tensor to the listener and goes on with what it returns.
 *
 * @param result a place of its own: others may still read the tensor as it was
 */
record ReplaceStep(ObserverId id, Operand value, Place result, Scratch scratch) implements Step {

  @Override
  public void run() {
    Optional<TensorData> replacement = scratch.replace(id, value.pointer());
    Slot slot = result.slot();
    if (slot == null) {
      value.done(scratch);
    } else if (replacement.isEmpty()) {
      value.into(slot);
    } else {
      try (Tensor tensor = NativeTensors.copyOf(replacement.get());
          IValue other = new IValue(tensor)) {
        slot.move(other);
      }
      value.done(scratch);
    }
  }
}
