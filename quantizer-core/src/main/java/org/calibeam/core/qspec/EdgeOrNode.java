package org.calibeam.core.qspec;

/** A place where a tensor is quantized: where one node reads it, or where it is computed. */
public sealed interface EdgeOrNode {

  /** The tensor that {@code producer} computes, as {@code consumer} reads it. */
  record Edge(String producer, String consumer) implements EdgeOrNode {
    @Override
    public String toString() {
      return producer + "->" + consumer;
    }
  }

  /** The tensor that {@code node} computes, for all readers. */
  record Output(String node) implements EdgeOrNode {
    @Override
    public String toString() {
      return node;
    }
  }
}
