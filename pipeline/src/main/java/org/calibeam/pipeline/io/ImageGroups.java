package org.calibeam.pipeline.io;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Images of a folder as shards. One shard for each image would be a line in the report and a file
 * of kept statistics for each.
 */
final class ImageGroups {
  /** Images of one group, at most. */
  static final int MOST = 256;

  private ImageGroups() {}

  /**
   * @param images ordered by path
   */
  static List<Shard> of(Collection<Shard> images) {
    Map<String, List<Shard>> folders = new TreeMap<>();
    for (Shard image : images) {
      String path = image.path();
      String folder = path.substring(0, path.length() - image.name().length());
      folders.computeIfAbsent(folder, f -> new ArrayList<>()).add(image);
    }
    List<Shard> groups = new ArrayList<>();
    folders.forEach(
        (folder, all) -> {
          for (int i = 0; i < all.size(); i += MOST) {
            List<Shard> some = all.subList(i, Math.min(i + MOST, all.size()));
            String last = some.get(some.size() - 1).name();
            groups.add(Shard.group("%s%s..%s".formatted(folder, some.get(0).name(), last), some));
          }
        });
    return groups;
  }
}
