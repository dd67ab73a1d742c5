import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * A HDFS of one name node and one data node, on ports that are free. Prints its address, then
 * answers {@code put LOCAL REMOTE} and {@code get REMOTE LOCAL} with {@code done} until its input
 * ends.
 */
class Server {
  public static void main(String[] arguments) throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, arguments[0]);
    try (MiniDFSCluster cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      cluster.waitActive();
      FileSystem files = cluster.getFileSystem();
      System.out.println(cluster.getURI());
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        if (words[0].equals("put")) {
          files.copyFromLocalFile(new Path(words[1]), new Path(words[2]));
        } else {
          files.copyToLocalFile(new Path(words[1]), new Path(words[2]));
        }
        System.out.println("done");
      }
    }
  }
}
