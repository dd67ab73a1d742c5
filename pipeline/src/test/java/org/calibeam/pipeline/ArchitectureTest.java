package org.calibeam.pipeline;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which package of this module may use which; nothing points back up. */
@AnalyzeClasses(
    packages = "org.calibeam.pipeline",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule LAYERS =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("io")
          .definedBy("org.calibeam.pipeline.io..")
          .layer("combine")
          .definedBy("org.calibeam.pipeline.combine..")
          .layer("observe")
          .definedBy("org.calibeam.pipeline.observe..")
          .layer("evaluate")
          .definedBy("org.calibeam.pipeline.evaluate..")
          .layer("analyze")
          .definedBy("org.calibeam.pipeline.analyze..")
          .layer("publish")
          .definedBy("org.calibeam.pipeline.publish..")
          .layer("nightly")
          .definedBy("org.calibeam.pipeline.nightly..")
          .layer("cli")
          .definedBy("org.calibeam.pipeline.cli..")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("nightly")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("publish")
          .mayOnlyBeAccessedByLayers("nightly", "cli")
          .whereLayer("analyze")
          .mayOnlyBeAccessedByLayers("publish", "nightly", "cli")
          .whereLayer("evaluate")
          .mayOnlyBeAccessedByLayers("analyze", "publish", "nightly", "cli")
          .whereLayer("observe")
          .mayOnlyBeAccessedByLayers("evaluate", "analyze", "publish", "nightly", "cli")
          .whereLayer("combine")
          .mayOnlyBeAccessedByLayers("observe", "evaluate", "analyze", "publish", "nightly", "cli");

  @ArchTest
  static final ArchRule NATIVE_CODE_STAYS_IN_CORE =
      noClasses().should().dependOnClassesThat().resideInAPackage("org.bytedeco..");

  @ArchTest
  static final ArchRule OPTIONS_ARE_READ_IN_CLI =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.calibeam.pipeline.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("picocli..");

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
