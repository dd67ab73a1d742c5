package org.calibeam.core.transform;

/** One step of the transform for annotation. */
interface Rewrite {

  /** What becomes of the places of constants after a rewrite. */
  enum Outcome {
    /** Constants stay where they are. */
    KEPT,
    /** Each use of a constant gets its own node right before its user, see {@link Retrace}. */
    RETRACED
  }

  /** Changes the graph where it matches; nothing where it does not. */
  Outcome apply(Rewriting rewriting);

  /** For messages. */
  default String name() {
    return getClass().getSimpleName();
  }
}
