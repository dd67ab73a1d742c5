package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.Tensor;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;

/** The constants that a program changes in place: each sample begins with the exported values. */
final class FreshConstants {
  private record View(TensorData data, Slot slot) {}

  private final Map<Tensor, List<View>> views = new IdentityHashMap<>();
  private final Map<String, Home> homes = new HashMap<>();

  FreshConstants(CompiledProgram compiled, NativeMemory memory) {
    List<String> names =
        compiled.program().usedConstants().stream().filter(compiled.changed()::contains).toList();
    IValueVector vector = memory.keep(new IValueVector(names.size()));
    Map<Storage, Tensor> originals = new IdentityHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      TensorData data = compiled.values(names.get(i));
      Tensor original =
          originals.computeIfAbsent(
              data.storage(), s -> memory.keep(NativeTensors.copyOf(s, data.dtype())));
      Slot slot = new Slot(vector, i);
      views.computeIfAbsent(original, o -> new ArrayList<>()).add(new View(data, slot));
      homes.put(names.get(i), new Home.Fresh(slot.pointer()));
    }
  }

  Map<String, Home> homes() {
    return homes;
  }

  /** Copies of the constants as they are now. */
  Map<String, TensorData> values() {
    Map<String, TensorData> values = new HashMap<>();
    homes.forEach(
        (name, home) -> values.put(name, NativeTensors.toData(((Home.Fresh) home).pointer())));
    return values;
  }

  /** Makes the constants as they were exported. */
  void refresh() {
    views.forEach(
        (original, users) -> {
          try (Tensor copy = original.clone()) {
            for (View user : users) {
              try (Tensor view = NativeTensors.view(copy, user.data());
                  IValue value = new IValue(view)) {
                user.slot().move(value);
              }
            }
          }
        });
  }
}
