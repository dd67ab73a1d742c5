package org.calibeam.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which package may use which; nothing points back up. */
@AnalyzeClasses(
    packages = "org.calibeam.core",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  /** What each package uses directly; it may use what these use as well. */
  private static final Map<String, List<String>> USES = new LinkedHashMap<>();

  static {
    USES.put("tensor", List.of());
    USES.put("graph", List.of("tensor"));
    USES.put("pt2", List.of("graph"));
    USES.put("ops", List.of("graph"));
    USES.put("qspec", List.of("graph"));
    USES.put("observe", List.of("qspec"));
    USES.put("transform", List.of("ops"));
    USES.put("inspect", List.of("pt2", "transform"));
    USES.put("annotate", List.of("ops", "qspec"));
    USES.put("prepare", List.of("annotate", "observe"));
    USES.put("interp", List.of("prepare", "transform"));
    USES.put("convert", List.of("prepare", "transform"));
    USES.put("split", List.of("convert", "pt2"));
    USES.put("report", List.of("annotate", "prepare", "convert"));
    USES.put("quantizer", List.of("report", "interp", "transform"));
  }

  @ArchTest
  static void packages_useOnlyWhatLiesBelow(JavaClasses all) {
    USES.keySet()
        .forEach(
            name -> {
              Set<String> below = new LinkedHashSet<>(Set.of(name));
              collect(name, below);
              List<String> above =
                  USES.keySet().stream()
                      .filter(other -> !below.contains(other))
                      .map(other -> "org.calibeam.core." + other + "..")
                      .toList();
              noClasses()
                  .that()
                  .resideInAPackage("org.calibeam.core." + name + "..")
                  .should()
                  .dependOnClassesThat()
                  .resideInAnyPackage(above.toArray(String[]::new))
                  .allowEmptyShould(true)
                  .check(all);
            });
  }

  private static void collect(String name, Set<String> below) {
    for (String used : USES.getOrDefault(name, List.of())) {
      if (below.add(used)) {
        collect(used, below);
      }
    }
  }

  @ArchTest
  static final ArchRule EVERY_CLASS_HAS_A_PLACE =
      classes()
          .should()
          .resideInAnyPackage(
              USES.keySet().stream()
                  .map(name -> "org.calibeam.core." + name + "..")
                  .toArray(String[]::new));

  @ArchTest
  static final ArchRule NO_CYCLES =
      slices().matching("org.calibeam.core.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule NATIVE_CODE_STAYS_IN_INTERP =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.calibeam.core.interp..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco..");

  @ArchTest
  static final ArchRule NEITHER_BEAM_NOR_AVRO =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.beam..", "org.apache.avro..", "org.calibeam.pipeline..");

  @ArchTest
  static final ArchRule NO_DRAWERS =
      noClasses()
          .should()
          .haveSimpleNameEndingWith("Util")
          .orShould()
          .haveSimpleNameEndingWith("Utils")
          .orShould()
          .haveSimpleNameEndingWith("Helper")
          .orShould()
          .haveSimpleNameEndingWith("Helpers")
          .orShould()
          .haveSimpleNameEndingWith("Manager");
}
