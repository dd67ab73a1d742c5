package org.calibeam.core.quantizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.annotate.AnnotationStep;
import org.calibeam.core.annotate.Annotator;
import org.calibeam.core.annotate.NodeFinder;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.convert.Converter;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.ObservedTensor;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.quantizer.QuantizerConfiguration.Step;
import org.calibeam.core.tensor.TensorData;
import org.jspecify.annotations.Nullable;

/**
 * Quantizes programs for ExecuTorch's VGF backend. Methods are called as those of ExecuTorch
 * 1.5.1's {@code VgfQuantizer}; each setter returns this quantizer.
 *
 * <p>A later setter wins over an earlier one where both find a node; {@link #setGlobal} is asked
 * last wherever it was called. A configuration of {@code null} leaves what it finds in floating
 * point. Not safe for use by several threads while it is being set up.
 */
public final class VgfQuantizer {
  private final VgfCompileSpec spec;
  private final List<AnnotationStep> steps = new ArrayList<>();
  private Optional<AnnotationStep> global = Optional.empty();
  private boolean quantizePredicates;
  private boolean qat;
  private Set<Repair> repairs = Set.of();

  public VgfQuantizer(VgfCompileSpec spec) {
    this.spec = spec;
  }

  public VgfCompileSpec compileSpec() {
    return spec;
  }

  /** Configures every node without a configuration of its own. */
  public VgfQuantizer setGlobal(@Nullable QuantizationConfig config) {
    global = Optional.of(new AnnotationStep(new NodeFinder.Global(), checked(config)));
    return this;
  }

  /** Configures the inputs and outputs of every graph of the program. */
  public VgfQuantizer setIo(@Nullable QuantizationConfig config) {
    add(new NodeFinder.Inputs(), config);
    return add(new NodeFinder.Outputs(), config);
  }

  /**
   * Configures a module with its descendants.
   *
   * @param name its path, for example {@code blocks.0.conv}
   */
  public VgfQuantizer setModuleName(String name, @Nullable QuantizationConfig config) {
    return add(new NodeFinder.ModuleName(name), config);
  }

  /**
   * Configures the modules of a class with their descendants.
   *
   * @param type fully qualified class name, or {@code torch.nn.Linear} and the like
   */
  public VgfQuantizer setModuleType(String type, @Nullable QuantizationConfig config) {
    return add(new NodeFinder.ModuleType(type), config);
  }

  /** Configures nodes by name; names before and after {@link #transformForAnnotation} count. */
  public VgfQuantizer setNodeName(String name, @Nullable QuantizationConfig config) {
    return add(new NodeFinder.NodeName(Set.of(name)), config);
  }

  /**
   * Configures calls of an operator.
   *
   * @param target overload name, for example {@code aten.conv2d.default}
   */
  public VgfQuantizer setNodeTarget(String target, @Nullable QuantizationConfig config) {
    return add(new NodeFinder.NodeTarget(Set.of(target)), config);
  }

  /** Configures whatever a finder picks. */
  public VgfQuantizer setNodeFinder(NodeFinder finder, @Nullable QuantizationConfig config) {
    return add(finder, config);
  }

  /** Configures a branch with what it runs, for example {@code main/true_graph_0}. */
  public VgfQuantizer setCodePath(CodePath path, @Nullable QuantizationConfig config) {
    return add(new NodeFinder.InCodePath(path), config);
  }

  /**
   * Whether to quantize what only decides which branch is taken, as the reference does. By default
   * it stays in floating point, so that a sample near the threshold takes the same branch.
   */
  public VgfQuantizer setQuantizePredicates(boolean quantize) {
    quantizePredicates = quantize;
    return this;
  }

  /**
   * Whether batch norm behind a convolution is trained while the samples run, and folded
   * afterwards, as torchao's {@code prepare_qat_pt2e} does; {@code is_qat} in a configuration file.
   * Otherwise it is folded before. Configurations made for QAT say how the rest is observed.
   */
  public VgfQuantizer setQat(boolean train) {
    qat = train;
    return this;
  }

  /** What is done to lose less by quantizing; nothing unless this is called. */
  public VgfQuantizer setRepairs(Set<Repair> wanted) {
    repairs = Set.copyOf(wanted);
    return this;
  }

  void apply(Step step) {
    @Nullable QuantizationConfig config = step.config().orElse(null);
    if (step instanceof Step.SetGlobal) {
      setGlobal(config);
    } else if (step instanceof Step.SetIo) {
      setIo(config);
    } else if (step instanceof Step.SetModuleName s) {
      setModuleName(s.module(), config);
    } else if (step instanceof Step.SetModuleType s) {
      setModuleType(s.type(), config);
    } else if (step instanceof Step.SetNodeName s) {
      add(new NodeFinder.NodeName(Set.copyOf(s.names())), config);
    } else if (step instanceof Step.SetNodeTarget s) {
      add(new NodeFinder.NodeTarget(Set.copyOf(s.targets())), config);
    } else if (step instanceof Step.SetNodeFinder s) {
      setNodeFinder(s.finder(), config);
    } else if (step instanceof Step.SetCodePath s) {
      setCodePath(s.path(), config);
    }
  }

  private VgfQuantizer add(NodeFinder finder, @Nullable QuantizationConfig config) {
    steps.add(0, new AnnotationStep(finder, checked(config)));
    return this;
  }

  private static Optional<QuantizationConfig> checked(@Nullable QuantizationConfig config) {
    if (config != null && config.weight().isPresent() && config.inputActivation().isEmpty()) {
      throw new ConfigurationException(
          "Cannot use the configuration '%s': weight-only quantization is not supported by VGF."
                  .formatted(config.label())
              + " Give it an activation spec, or use null for floating point.");
    }
    return Optional.ofNullable(config);
  }

  /** The annotator of the steps set so far. */
  Annotator annotator() {
    List<AnnotationStep> all = new ArrayList<>();
    if (!quantizePredicates) {
      all.add(new AnnotationStep(new NodeFinder.Predicate(), Optional.empty()));
    }
    all.addAll(steps);
    return new Annotator(all, global);
  }

  /**
   * Rewrites every graph into operators that can be quantized, where the configuration quantizes
   * it; what stays in floating point is left whole.
   */
  public Program transformForAnnotation(Program program) {
    return new ProgramPreparation(annotator(), qat, repairs).transformed(program);
  }

  /**
   * Rewrites and annotates every graph and puts observation points where tensors are quantized.
   *
   * @throws ConfigurationException if a step names a module, class, node or code path that the
   *     program does not have
   */
  public PreparedProgram prepare(Program program) {
    for (AnnotationStep step : steps) {
      StepCheck.requireFound(step.finder(), program);
    }
    PreparedProgram prepared = new ProgramPreparation(annotator(), qat, repairs).prepared(program);
    for (AnnotationStep step : steps) {
      StepCheck.requireFound(step.finder(), program, prepared.program());
    }
    return prepared;
  }

  /**
   * Quantizes a program in this process: prepares it, runs every sample once and converts. For more
   * samples than one process should run, the pipeline does the same over many workers, with the
   * same result.
   *
   * @param samples one tensor per input each; every code path needs at least one sample
   */
  public ConvertedProgram quantizeWithSubmodules(
      Program program, Iterable<List<TensorData>> samples) {
    return quantizeWithSubmodules(program, samples, ConvertOptions.DEFAULT);
  }

  /** {@link #quantizeWithSubmodules(Program, Iterable)} with another calibrator or policy. */
  public ConvertedProgram quantizeWithSubmodules(
      Program program, Iterable<List<TensorData>> samples, ConvertOptions options) {
    PreparedProgram prepared = prepare(program);
    Optional<SequentialRun> sequential = SequentialRun.of(prepared, options.calibrator());
    if (sequential.isPresent()) {
      try (SequentialRun run = sequential.get()) {
        return inOrder(run, samples, options);
      }
    }
    Observation observation = new Observation(prepared);
    boolean any = false;
    try (GraphRunner runner = GraphRunner.load(prepared)) {
      for (List<TensorData> sample : samples) {
        runner.run(sample, observation);
        observation.sampleDone();
        any = true;
      }
    }
    if (!any) {
      throw noSamples();
    }
    return Converter.convert(
        prepared, observation.statistics(), observation.samplesPerPath(), options);
  }

  private static ConvertedProgram inOrder(
      SequentialRun run, Iterable<List<TensorData>> samples, ConvertOptions options) {
    boolean any = false;
    for (List<TensorData> sample : samples) {
      run.run(sample);
      any = true;
    }
    if (!any) {
      throw noSamples();
    }
    return run.convert(options);
  }

  private static SamplesException noSamples() {
    return new SamplesException(
        "There are no samples to calibrate with. Give at least one per code path.");
  }

  /** What one process sees while it runs samples. */
  private static final class Observation implements ForwardListener {
    private final PreparedProgram prepared;
    private final Map<ObserverId, StatisticAccumulator> accumulators = new HashMap<>();
    private final Map<CodePath, Long> samplesPerPath = new TreeMap<>();
    private final List<CodePath> entered = new ArrayList<>();

    private Observation(PreparedProgram prepared) {
      this.prepared = prepared;
    }

    private StatisticAccumulator newAccumulator(ObserverId id) {
      return prepared.observers().get(id) instanceof PreparedObserver.Activation activation
          ? activation.newAccumulator()
          : new StatisticAccumulator();
    }

    @Override
    public void enter(CodePath path) {
      entered.add(path);
    }

    @Override
    public void observe(ObserverId id, ObservedTensor value) {
      value.addTo(accumulators.computeIfAbsent(id, this::newAccumulator));
    }

    void sampleDone() {
      entered.stream().distinct().forEach(path -> samplesPerPath.merge(path, 1L, Long::sum));
      entered.clear();
      accumulators.values().forEach(StatisticAccumulator::sampleDone);
    }

    Map<ObserverId, Statistic> statistics() {
      Map<ObserverId, Statistic> all = new TreeMap<>();
      accumulators.forEach((id, accumulator) -> all.put(id, accumulator.snapshot()));
      return all;
    }

    Map<CodePath, Long> samplesPerPath() {
      return samplesPerPath;
    }
  }
}
