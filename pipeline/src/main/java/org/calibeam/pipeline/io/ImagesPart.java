package org.calibeam.pipeline.io;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.beam.sdk.io.FileSystems;
import org.calibeam.core.tensor.TensorData;

/**
 * Some images of a shard that is a group of images.
 *
 * @param shard without the names of its images: there may be many, and this is shuffled
 * @param images paths of those of this part
 * @param first number of the first one
 */
record ImagesPart(Shard shard, List<String> images, long first) implements ShardPart {
  ImagesPart {
    images = List.copyOf(images);
  }

  static List<ShardPart> plan(Shard shard) {
    Shard bare = shard.withoutImages();
    int step = (int) PartSize.forFileOf(shard.images().size()).samplesOf(1);
    List<ShardPart> parts = new ArrayList<>();
    for (int i = 0; i < shard.images().size(); i += step) {
      List<String> some = shard.images().subList(i, Math.min(i + step, shard.images().size()));
      parts.add(new ImagesPart(bare, some, i));
    }
    return parts;
  }

  @Override
  public long samples() {
    return images.size();
  }

  @Override
  public void read(Visitor all) {
    Visitor visitor = shard.share().visiting(all);
    ImageRecipe recipe =
        Objects.requireNonNull(shard.reading().images(), "images are matched with a recipe only");
    for (int i = 0; i < images.size(); i++) {
      String path = images.get(i);
      SampleId id = new SampleId(shard.name(), first + i);
      TensorData tensor;
      try {
        tensor = recipe.apply(ImageDecoder.decode(content(path)));
      } catch (DamagedException e) {
        visitor.unreadable(id, "%s: %s".formatted(path, e.getMessage()));
        continue;
      } catch (FileNotFoundException e) {
        visitor.unreadable(id, path + ": it is gone");
        continue;
      } catch (IOException e) {
        throw new Shard(path, 0).unreadable(e);
      }
      visitor.sample(new InputSample(id, List.of(tensor)));
    }
  }

  private static byte[] content(String path) throws IOException {
    try (InputStream in =
        Channels.newInputStream(StoredFile.open(FileSystems.matchNewResource(path, false)))) {
      byte[] bytes = in.readNBytes(Math.toIntExact(Shard.MAX_IMAGE_BYTES + 1));
      if (bytes.length > Shard.MAX_IMAGE_BYTES) {
        throw new DamagedException("it is larger than %d bytes".formatted(Shard.MAX_IMAGE_BYTES));
      }
      return bytes;
    }
  }
}
