package org.calibeam.core.interp;

import java.util.List;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.LongList;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.calibeam.core.observe.SamplesException;

/**
 * Calls an operator. The hot path: without numbers that depend on the sample, list arguments or
 * list results no Java object is made.
 */
final class OperatorStep implements Step {

  /** A tensor goes to argument {@code position}. */
  record TensorArgument(int position, Operand operand) {}

  /** A tensor goes to element {@code index} of a list that the template holds. */
  record ListElement(GenericList list, int index, Operand operand) {}

  /** A number goes to argument {@code position}. */
  record NumberArgument(int position, NumberOperand operand, Operator.Parameter parameter) {}

  /** A number goes to element {@code index} of a list of ints that the template holds. */
  record NumberElement(LongList list, int index, NumberOperand operand) {}

  /** All arguments; the parts are filled by {@link CallBuilder}. */
  record Arguments(
      IValueVector template,
      List<TensorArgument> tensors,
      List<ListElement> elements,
      List<NumberArgument> numbers,
      List<NumberElement> numberElements) {}

  /** Result {@code index} goes to {@code place}. */
  record Result(int index, Place place) {}

  private final OperatorHandle handle;
  private final boolean listResult;
  private final IValueVector template;
  private final TensorArgument[] tensors;
  private final ListElement[] elements;
  private final NumberArgument[] numbers;
  private final NumberElement[] numberElements;
  private final Result[] results;
  private final Scratch scratch;
  private final Origin origin;

  OperatorStep(
      Operator operator,
      Arguments arguments,
      List<Result> results,
      Scratch scratch,
      Origin origin) {
    this.handle = operator.handle();
    this.listResult = operator.returnsList();
    this.template = arguments.template();
    this.tensors = arguments.tensors().toArray(TensorArgument[]::new);
    this.elements = arguments.elements().toArray(ListElement[]::new);
    this.numbers = arguments.numbers().toArray(NumberArgument[]::new);
    this.numberElements = arguments.numberElements().toArray(NumberElement[]::new);
    this.results = results.toArray(Result[]::new);
    this.scratch = scratch;
    this.origin = origin;
  }

  @Override
  public void run() {
    IValueVector stack = scratch.stack();
    for (NumberElement element : numberElements) {
      element.list().set(element.index(), PythonNumbers.toLong(element.operand().value()));
    }
    stack.put(template);
    for (TensorArgument tensor : tensors) {
      tensor.operand().into(scratch.place(tensor.position()));
    }
    for (ListElement element : elements) {
      element.list().set(element.index(), element.operand().pointer());
      element.operand().done(scratch);
    }
    for (NumberArgument number : numbers) {
      try (IValue value = Literals.number(number.operand().value(), number.parameter())) {
        stack.put((long) number.position(), value);
      }
    }
    try {
      handle.callBoxed(stack);
    } catch (RuntimeException e) {
      throw failed(e);
    } finally {
      for (ListElement element : elements) {
        element.list().set(element.index(), scratch.none());
      }
    }
    if (listResult) {
      takeList();
    } else {
      for (Result result : results) {
        take(scratch.place(result.index()).pointer(), result.place());
      }
    }
  }

  private SamplesException failed(RuntimeException e) {
    return origin.failed(e);
  }

  private static void take(IValue value, Place place) {
    Slot slot = place.slot();
    if (slot != null) {
      slot.move(value);
    } else {
      place.put(number(value));
    }
  }

  private void takeList() {
    try (GenericList list = scratch.place(0).pointer().toList()) {
      for (Result result : results) {
        try (IValue element = list.get(result.index())) {
          take(element, result.place());
        }
      }
    }
  }

  /** A number that an operator returned, as it is or as a tensor of one element. */
  private static Object number(IValue value) {
    if (value.isInt()) {
      return value.toInt();
    }
    if (value.isDouble()) {
      return value.toDouble();
    }
    if (value.isBool()) {
      return value.toBool();
    }
    try (Tensor tensor = value.toTensor()) {
      return tensor.item_double();
    }
  }
}
