package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;

/** Native objects that live and die together, freed last first. */
final class NativeMemory implements AutoCloseable {
  private final List<Pointer> pointers = new ArrayList<>();

  <P extends Pointer> P keep(P pointer) {
    pointers.add(pointer);
    return pointer;
  }

  @Override
  public void close() {
    for (int i = pointers.size() - 1; i >= 0; i--) {
      pointers.get(i).close();
    }
    pointers.clear();
  }
}
