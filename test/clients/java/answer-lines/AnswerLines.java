import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One call for each line of standard input, its outcome as a line of JSON. */
final class AnswerLines {
  private AnswerLines() {}

  /** {@code open} makes the one client of this process; it is asked again only where it failed. */
  static void with(Callable<Callable<String>> open) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    Callable<String> call = null;
    while (lines.readLine() != null) {
      try {
        if (call == null) call = open.call();
        print(true, call.call());
      } catch (Throwable error) {
        print(false, told(error));
      }
    }
  }

  /** As a stack trace tells it: the error, and what caused it. */
  private static String told(Throwable error) {
    return Stream.iterate(error, each -> each != null, Throwable::getCause)
        .map(Throwable::toString)
        .collect(Collectors.joining("\nCaused by: "));
  }

  private static void print(boolean ok, String text) {
    System.out.println("{\"ok\":" + ok + ",\"text\":\"" + escaped(text) + "\"}");
  }

  private static String escaped(String text) {
    return text.chars().mapToObj(c -> isPlain(c) ? Character.toString(c) : String.format("\\u%04x", c))
        .collect(Collectors.joining());
  }

  private static boolean isPlain(int c) {
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
  }
}
