import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.apache.flink.table.client.SqlClient;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;

/**
 * Runs scripts by Flink's own SQL client, each in a session of its own and all in one JVM, as `sql-client.sh gateway
 * --endpoint ADDRESS --file SCRIPT` does. What the client prints of a script is written beside it, as SCRIPT.out.
 */
public class SqlClientRuns {
    public static void main(String[] arguments) throws Exception {
        Method start = SqlClient.class.getDeclaredMethod("startClient", String[].class, Supplier.class);
        start.setAccessible(true);
        for (int at = 1; at < arguments.length; at++) {
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            Supplier<Terminal> terminal = () -> terminal(said);
            String[] words = {"gateway", "--endpoint", arguments[0], "--file", arguments[at]};
            try {
                start.invoke(null, words, terminal);
            } catch (InvocationTargetException refused) {
                said.writeBytes(("\n[ERROR] " + refused.getCause() + "\n").getBytes("UTF-8"));
            }
            Files.write(Path.of(arguments[at] + ".out"), said.toByteArray());
        }
    }

    private static Terminal terminal(ByteArrayOutputStream said) {
        try {
            Terminal made = new DumbTerminal(new ByteArrayInputStream(new byte[0]), said);
            made.setSize(new Size(200, 50));
            return made;
        } catch (java.io.IOException failed) {
            throw new java.io.UncheckedIOException(failed);
        }
    }
}
