// Copyright: (c) 2026, streamops.flink contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.util.concurrent.Callable;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.UnsupportedFileSystemSchemeException;
import org.apache.flink.core.plugin.PluginUtils;
import org.apache.flink.runtime.state.CheckpointStorageLoader;
import org.apache.flink.runtime.state.StateBackendLoader;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Asks Flink's own classes what they would say of a configuration when a job starts: the plan of a tiny job with its
 * checkpoints, the restart strategy, the state backend and its storage, the file system of each URL.
 *
 * <p>Arguments: the directory of config.yaml, then URLs. Each answer is a line on standard output: "ask-flink", the
 * question, "refused" or "fine" or "unsure", and Flink's sentence, with tabs between them.
 */
public final class AskFlink {
    private static final long FILE_SYSTEM_MILLISECONDS = 20_000;
    private static final ClassLoader LOADER = AskFlink.class.getClassLoader();

    public static void main(String[] arguments) throws Exception {
        Configuration options = GlobalConfiguration.loadConfiguration(arguments[0]);
        answer("restart strategy", () -> restartStrategy(options));
        answer("state backend", () -> StateBackendLoader.loadStateBackendFromConfig(options, LOADER, null));
        answer("checkpoint storage", () -> CheckpointStorageLoader.fromConfig(options, LOADER, null));
        answer("job", () -> job(options));
        if (arguments.length > 1) {
            FileSystem.initialize(options, PluginUtils.createPluginManagerFromRootFolder(options));
        }
        for (int index = 1; index < arguments.length; index++) {
            fileSystem(arguments[index]);
        }
        System.out.flush();
        // Threads of file systems must not keep it alive.
        Runtime.getRuntime().halt(0);
    }

    private static Object job(Configuration options) {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(options);
        environment.fromSequence(1, 2).print();
        return environment.getStreamGraph().getJobGraph();
    }

    /** The parameters of the factory differ between the versions of Flink. */
    private static Object restartStrategy(Configuration options) throws Exception {
        Class<?> loader =
                Class.forName(
                        "org.apache.flink.runtime.executiongraph.failover"
                                + ".RestartBackoffTimeStrategyFactoryLoader");
        for (Method method : loader.getMethods()) {
            if (method.getName().equals("createRestartBackoffTimeStrategyFactory")) {
                Class<?>[] types = method.getParameterTypes();
                Object[] given = new Object[types.length];
                for (int index = 0; index < types.length; index++) {
                    if (types[index] == boolean.class) {
                        given[index] = true;
                    } else if (types[index] == Configuration.class) {
                        given[index] = options;
                    } else {
                        given[index] =
                                Class.forName("org.apache.flink.api.common.restartstrategy.RestartStrategies")
                                        .getMethod("fallBackRestart")
                                        .invoke(null);
                    }
                }
                Object factory = method.invoke(null, given);
                Method create = Class.forName(
                                "org.apache.flink.runtime.executiongraph.failover.RestartBackoffTimeStrategy$Factory")
                        .getMethod("create");
                return create.invoke(factory);
            }
        }
        throw new ClassNotFoundException("no such method in " + loader);
    }

    /** Only that there is none for the scheme is a refusal: whether storage can be reached is another question. */
    private static void fileSystem(String url) throws InterruptedException {
        Thread asking =
                new Thread(
                        () -> {
                            try {
                                FileSystem.getUnguardedFileSystem(new URI(url));
                                say("file system of " + url, "fine", "");
                            } catch (UnsupportedFileSystemSchemeException error) {
                                say("file system of " + url, "refused", error.getMessage());
                            } catch (Throwable error) {
                                say("file system of " + url, "unsure", String.valueOf(error));
                            }
                        });
        asking.setDaemon(true);
        asking.start();
        asking.join(FILE_SYSTEM_MILLISECONDS);
    }

    private static void answer(String what, Callable<Object> question) {
        try {
            question.call();
            say(what, "fine", "");
        } catch (Throwable error) {
            Throwable cause = error;
            boolean unsure = false;
            String text = "";
            while (cause != null) {
                // A class that only a job brings, or another version of Flink: no word of Flink's about the options.
                unsure |= cause instanceof ClassNotFoundException || cause instanceof LinkageError;
                if (cause.getMessage() != null && !(cause instanceof InvocationTargetException)) {
                    text = cause.getMessage();
                }
                cause = cause.getCause();
            }
            say(what, unsure ? "unsure" : "refused", text.isEmpty() ? String.valueOf(error) : text);
        }
    }

    private static synchronized void say(String what, String verdict, String text) {
        System.out.println("ask-flink\t" + what + "\t" + verdict + "\t" + text.replaceAll("\\s+", " ").trim());
    }

    private AskFlink() {}
}
