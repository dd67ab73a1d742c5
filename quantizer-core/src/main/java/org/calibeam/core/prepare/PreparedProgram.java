package org.calibeam.core.prepare;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * A program ready to be calibrated: its graphs hold calls of {@link #OBSERVE} wherever a tensor is
 * to be quantized.
 *
 * <p>Such a call returns its first argument unchanged; its second, a string, is the {@link
 * ObserverId#name} of the observer in that graph. Several calls may name one observer: it then sees
 * all of their tensors.
 *
 * @param notes where a rewrite would have fired but could not, and why; a line each
 * @param qat whether batch norm behind a convolution is trained as the samples run, as in
 *     quantization-aware training, and folded afterwards
 * @param equalized pairs of layers that a repair has scaled
 */
public record PreparedProgram(
    Program program,
    Map<ObserverId, PreparedObserver> observers,
    Map<CodePath, Decisions> decisions,
    List<String> notes,
    boolean qat,
    List<Equalized> equalized) {

  /**
   * Two layers whose channels in between were equalized.
   *
   * @param channels how many were scaled
   * @param least factor by which one was divided
   * @param greatest factor by which one was divided
   */
  public record Equalized(
      CodePath codePath,
      String first,
      String second,
      int channels,
      double least,
      double greatest) {}

  /**
   * What annotation decided about the nodes of one graph.
   *
   * @param annotated nodes with something to say about an input or their output, the graph's
   *     results as {@code <output>} among them; each reads a dequantize of its own
   * @param quantized nodes that are to run on integers
   * @param unquantized the other calls with the reason why
   */
  public record Decisions(
      Set<String> annotated, Set<String> quantized, Map<String, String> unquantized) {
    public Decisions {
      annotated = Set.copyOf(annotated);
      quantized = Set.copyOf(quantized);
      unquantized = Collections.unmodifiableMap(new LinkedHashMap<>(unquantized));
    }
  }

  /** Target of an observation point. */
  public static final String OBSERVE = "calibeam.observe.default";

  public PreparedProgram {
    observers = Collections.unmodifiableMap(new TreeMap<>(observers));
    decisions = Collections.unmodifiableMap(new TreeMap<>(decisions));
    notes = List.copyOf(notes);
    equalized = List.copyOf(equalized);
  }

  /** A program that no repair has touched. */
  public PreparedProgram(
      Program program,
      Map<ObserverId, PreparedObserver> observers,
      Map<CodePath, Decisions> decisions,
      List<String> notes,
      boolean qat) {
    this(program, observers, decisions, notes, qat, List.of());
  }

  public PreparedProgram(Program program, Map<ObserverId, PreparedObserver> observers) {
    this(program, observers, Map.of(), List.of(), false);
  }

  public PreparedProgram withObservers(Map<ObserverId, PreparedObserver> others) {
    return new PreparedProgram(program, others, decisions, notes, qat, equalized);
  }

  /** The same program, converted with its biases as they are. */
  public PreparedProgram withoutBiasCorrection() {
    return new PreparedProgram(
        program.withMain(BiasedLayer.withoutMarks(program.main())),
        observers,
        decisions,
        notes,
        qat,
        equalized);
  }

  /**
   * Whether what is observed depends on the samples before: fake quantization changes what flows,
   * by what was seen so far. Samples are then run in order, by one worker.
   */
  public boolean isSequential() {
    return qat || observers.values().stream().anyMatch(PreparedProgram::isFakeQuantize);
  }

  /** Whether means of channels are wanted of any observer. */
  public boolean sumsChannels() {
    return observers.values().stream()
        .anyMatch(o -> o instanceof PreparedObserver.Activation a && a.sumAxis() >= 0);
  }

  /** Whether {@code observer} changes the values that it sees. */
  public static boolean isFakeQuantize(PreparedObserver observer) {
    return observer.spec() instanceof QuantizationSpec.Observed observed
        && observed.observer().isFakeQuantize();
  }

  /** An observation point called {@code name} for what {@code source} computes. */
  public static Node.Call observe(String name, Node source, String observer) {
    return new Node.Call(
        name,
        OBSERVE,
        List.of(
            NamedArgument.positional("self", Argument.ref(source.name())),
            NamedArgument.positional("observer", new Argument.StringValue(observer))),
        source.value(),
        Map.of());
  }

  /** The observer name of a call of {@link #OBSERVE}. */
  public static String observerOf(Node.Call call) {
    return call.argument(1)
        .filter(Argument.StringValue.class::isInstance)
        .map(a -> ((Argument.StringValue) a).value())
        .orElseThrow(() -> new IllegalArgumentException(call.name() + " is no observation point"));
  }
}
