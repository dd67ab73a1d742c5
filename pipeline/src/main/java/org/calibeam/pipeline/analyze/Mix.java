package org.calibeam.pipeline.analyze;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A mode for each unit of a model.
 *
 * @param units all of them, a module before those within it
 * @param modes by module; {@link Mode#FLOAT} for those that are missing
 */
record Mix(List<Unit> units, Map<String, Mode> modes) {
  Mix {
    units = List.copyOf(units);
    modes = new TreeMap<>(modes);
  }

  static Mix all(List<Unit> units, Mode mode) {
    Map<String, Mode> modes = new TreeMap<>();
    units.forEach(unit -> modes.put(unit.module(), mode));
    return new Mix(units, modes);
  }

  Mix with(Unit unit, Mode mode) {
    Map<String, Mode> changed = new TreeMap<>(modes);
    changed.put(unit.module(), mode);
    return new Mix(units, changed);
  }

  Mode of(Unit unit) {
    return modes.getOrDefault(unit.module(), Mode.FLOAT);
  }

  /**
   * The steps of a configuration file that give each unit its mode. A later step wins, and a module
   * comes before those within it.
   */
  ObjectNode configuration() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ArrayNode steps = root.putArray("steps");
    Mode global =
        units.stream()
            .filter(u -> u.module().isEmpty())
            .findFirst()
            .map(this::of)
            .orElse(Mode.FLOAT);
    step(steps, "set_global", Optional.empty(), global.json());
    for (Unit unit : units) {
      if (!unit.module().isEmpty() && of(unit) != around(unit, global)) {
        step(steps, "set_module_name", Optional.of(unit.module()), of(unit).json());
      }
    }
    return root;
  }

  /** The mode that {@code unit} has from the steps for the modules around it. */
  private Mode around(Unit unit, Mode global) {
    Mode mode = global;
    for (Unit other : units) {
      if (!other.module().isEmpty() && unit.isWithin(other)) {
        mode = of(other);
      }
    }
    return mode;
  }

  private static void step(
      ArrayNode steps, String name, Optional<String> module, JsonNode configuration) {
    ArrayNode step = steps.addArray().add(name);
    module.ifPresent(step::add);
    step.add(configuration);
  }
}
