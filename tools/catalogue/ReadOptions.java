// Copyright: (c) 2026, streamops.flink contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Prints every static ConfigOption of a Flink distribution, one a line, tab separated: jar, class, field, key, type,
 * enum constants (|), default, deprecated keys (|), fallback keys (|), flags (d = deprecated), prefix of a suffix option.
 *
 * <p>The type is private to ConfigOption, hence reflection; nothing of Flink is needed to compile this file.
 */
public final class ReadOptions {
    private static final String OPTION_CLASS = "org.apache.flink.configuration.ConfigOption";
    private static final byte[] OPTION_NAME = ("L" + OPTION_CLASS.replace('.', '/') + ";").getBytes(StandardCharsets.US_ASCII);

    private final PrintStream out;
    private final TreeSet<String> seen = new TreeSet<>();

    private ReadOptions(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        // Static initialisers of Flink's classes may print; the table must stay clean.
        PrintStream table = System.out;
        System.setOut(System.err);
        Path home = Path.of(args[0]);
        ReadOptions reader = new ReadOptions(table);
        List<Path> lib = jars(home.resolve("lib"));
        ClassLoader common = new URLClassLoader(urls(lib), ReadOptions.class.getClassLoader());
        for (Path jar : lib) {
            reader.read(jar, common);
        }
        List<Path> others = new ArrayList<>(jars(home.resolve("opt")));
        others.addAll(jars(home.resolve("plugins")));
        others.addAll(planner(lib));
        for (Path jar : others) {
            reader.read(jar, new URLClassLoader(urls(List.of(jar)), common));
        }
        table.flush();
    }

    private static List<Path> jars(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> found = Files.walk(directory)) {
            return found.filter(path -> path.toString().endsWith(".jar")).sorted().collect(Collectors.toList());
        }
    }

    private static URL[] urls(List<Path> paths) throws MalformedURLException {
        URL[] urls = new URL[paths.size()];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = paths.get(i).toUri().toURL();
        }
        return urls;
    }

    /** The table planner is a jar inside a jar, which Flink unpacks at run time. */
    private static List<Path> planner(List<Path> lib) throws IOException {
        List<Path> unpacked = new ArrayList<>();
        for (Path jar : lib) {
            if (!jar.getFileName().toString().startsWith("flink-table-planner-loader")) {
                continue;
            }
            try (JarFile archive = new JarFile(jar.toFile())) {
                JarEntry inner = archive.getJarEntry("flink-table-planner.jar");
                if (inner != null) {
                    Path copy = Files.createTempFile("flink-table-planner", ".jar");
                    copy.toFile().deleteOnExit();
                    try (InputStream content = archive.getInputStream(inner)) {
                        Files.copy(content, copy, StandardCopyOption.REPLACE_EXISTING);
                    }
                    unpacked.add(copy);
                }
            }
        }
        return unpacked;
    }

    private void read(Path jar, ClassLoader loader) throws IOException {
        try (JarFile archive = new JarFile(jar.toFile())) {
            Enumeration<JarEntry> entries = archive.entries();
            while (entries.hasMoreElements()) {
                JarEntry entry = entries.nextElement();
                String name = entry.getName();
                if (name.endsWith(".class") && name.startsWith("org/apache/flink/") && mentions(archive, entry)) {
                    fields(jar, name.substring(0, name.length() - 6).replace('/', '.'), loader);
                }
            }
        }
    }

    /** Loading every class would take minutes: only those whose constant pool names ConfigOption are loaded. */
    private static boolean mentions(JarFile archive, JarEntry entry) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (InputStream content = archive.getInputStream(entry)) {
            content.transferTo(bytes);
        }
        byte[] text = bytes.toByteArray();
        for (int i = 0; i <= text.length - OPTION_NAME.length; i++) {
            int j = 0;
            while (j < OPTION_NAME.length && text[i + j] == OPTION_NAME[j]) {
                j++;
            }
            if (j == OPTION_NAME.length) {
                return true;
            }
        }
        return false;
    }

    private void fields(Path jar, String className, ClassLoader loader) {
        Field[] declared;
        try {
            declared = Class.forName(className, false, loader).getDeclaredFields();
        } catch (LinkageError | ReflectiveOperationException missing) {
            // A class that extends something which is not shipped: it cannot be used either.
            System.err.println("not readable: " + className + ": " + missing);
            return;
        }
        for (Field field : declared) {
            if (!Modifier.isStatic(field.getModifiers()) || !field.getType().getName().equals(OPTION_CLASS)) {
                continue;
            }
            if (!seen.add(className + "." + field.getName())) {
                continue;
            }
            try {
                field.setAccessible(true);
                Object option = field.get(null);
                if (option != null) {
                    line(jar, field, option);
                }
            } catch (LinkageError | ReflectiveOperationException | RuntimeException broken) {
                System.err.println("not readable: " + className + "." + field.getName() + ": " + broken);
            }
        }
    }

    private void line(Path jar, Field field, Object option) throws ReflectiveOperationException {
        Class<?> type = (Class<?>) get(option, "clazz");
        boolean list = (Boolean) get(option, "isList");
        String constants = "";
        if (type.isEnum()) {
            constants = Stream.of(type.getEnumConstants()).map(Object::toString).collect(Collectors.joining("|"));
        }
        List<String> deprecated = new ArrayList<>();
        List<String> fallback = new ArrayList<>();
        for (Object key : (Object[]) get(option, "fallbackKeys")) {
            (((Boolean) get(key, "isDeprecated")) ? deprecated : fallback).add((String) get(key, "key"));
        }
        out.println(String.join("\t",
            jar.getFileName().toString(),
            field.getDeclaringClass().getName(),
            field.getName(),
            (String) get(option, "key"),
            (list ? "list:" : "") + (type.isEnum() ? "enum" : type.getSimpleName()),
            constants,
            clean(get(option, "defaultValue")),
            String.join("|", deprecated),
            String.join("|", fallback),
            field.isAnnotationPresent(Deprecated.class) ? "d" : "",
            suffixOf(field)));
    }

    private static Object get(Object of, String name) throws ReflectiveOperationException {
        Field field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }

    /** A default as one would write it in a configuration file. */
    private static String clean(Object value) {
        if (value == null) {
            return "";
        }
        if (value instanceof Collection) {
            return ((Collection<?>) value).stream().map(ReadOptions::clean).collect(Collectors.joining(";"));
        }
        if (value instanceof Map) {
            return ((Map<?, ?>) value).entrySet().stream()
                .map(entry -> entry.getKey() + ":" + entry.getValue()).sorted().collect(Collectors.joining(","));
        }
        return value.toString().replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n");
    }

    /** The prefix of an option of which only the last part is fixed, such as metrics.reporter.&lt;name&gt;. */
    private static String suffixOf(Field field) throws ReflectiveOperationException {
        for (Annotation annotation : field.getAnnotations()) {
            if (annotation.annotationType().getSimpleName().equals("SuffixOption")) {
                return (String) annotation.annotationType().getMethod("value").invoke(annotation);
            }
        }
        return "";
    }
}
