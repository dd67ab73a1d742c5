package org.calibeam.pipeline.observe;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Values that are expensive to make and are shared by all threads of a process, each closed when
 * its last user is done. Beam makes several instances of a DoFn in a process, and none of its
 * lifecycles is that of the process.
 */
public final class PerProcess<K, V extends AutoCloseable> {
  private final Map<K, Entry<V>> entries = new HashMap<>();
  private final Function<K, V> maker;

  public PerProcess(Function<K, V> maker) {
    this.maker = maker;
  }

  private static final class Entry<V> {
    private final V value;
    private int users;

    private Entry(V value) {
      this.value = value;
    }
  }

  /**
   * The value for {@code key}, made if nobody uses one; each call wants one {@link #release}.
   * Others wait while it is made, since they would want the same.
   */
  public synchronized V acquire(K key) {
    Entry<V> entry = entries.get(key);
    if (entry == null) {
      entry = new Entry<>(maker.apply(key));
      entries.put(key, entry);
    }
    entry.users++;
    return entry.value;
  }

  /** Gives back what {@link #acquire} gave out. */
  public synchronized void release(K key) {
    Entry<V> entry = entries.get(key);
    if (entry == null) {
      throw new IllegalStateException("Released more often than acquired: " + key);
    }
    if (--entry.users == 0) {
      entries.remove(key);
      try {
        entry.value.close();
      } catch (Exception e) {
        throw new IllegalStateException("Cannot close what was shared for " + key, e);
      }
    }
  }
}
