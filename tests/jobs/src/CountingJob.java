import java.time.Duration;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.serialization.SimpleStringEncoder;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.sink.filesystem.rollingpolicies.OnCheckpointRollingPolicy;
import org.apache.flink.util.Collector;

/**
 * Counts numbers by key and writes every count to files, exactly once.
 *
 * <p>Each line is "version,key,count,number". Whatever happens to the job, the committed files must hold the counts 1 to n
 * of every key, each once: a gap is a loss, a repetition is a double, and a second 1 is a start without state.
 *
 * <p>Options: --output DIR, --rate RECORDS_PER_SECOND, --keys N, --version TEXT, --uid TEXT (another one makes the state of
 * before unknown), --name TEXT, --fail main | open, --snapshot SECONDS (so long each snapshot of the counts takes),
 * --block FILE (whoever finds this file takes it away and hangs for ever), --slow MILLISECONDS (so long each count takes),
 * --chained true (no keys: all operators in one task, for which --keys must be 1), --checkpoints none,
 * --then fail | again (so the main method goes on after the job has been started).
 */
public final class CountingJob {

    private CountingJob() {}

    public static void main(String[] args) throws Exception {
        String output = option(args, "--output", "");
        double rate = Double.parseDouble(option(args, "--rate", "200"));
        int keys = Integer.parseInt(option(args, "--keys", "8"));
        String version = option(args, "--version", "1");
        String uid = option(args, "--uid", "count");
        String fail = option(args, "--fail", "");
        long snapshot = Long.parseLong(option(args, "--snapshot", "0"));
        Hang hang = new Hang(option(args, "--block", ""), Long.parseLong(option(args, "--slow", "0")));
        if (output.isEmpty()) {
            throw new IllegalArgumentException("--output is missing");
        }
        if (fail.equals("main")) {
            throw new IllegalStateException("this job was told to fail in its main method");
        }

        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        if (option(args, "--checkpoints", "").equals("none")) {
            env.getCheckpointConfig().disableCheckpointing();
        }
        SingleOutputStreamOperator<Long> numbers =
                env.fromSource(new NumberSequenceSource(0, Long.MAX_VALUE - 1), WatermarkStrategy.noWatermarks(), "numbers")
                        .uid("numbers")
                        .map(new Throttle(rate))
                        .returns(Types.LONG)
                        .uid("throttle");
        SingleOutputStreamOperator<String> counts =
                option(args, "--chained", "").isEmpty()
                        ? numbers.keyBy(number -> Math.floorMod(Long.hashCode(number * 31), keys))
                                .process(new Count(version, fail, snapshot, hang))
                        : numbers.map(new Chained(version, hang));
        counts.returns(Types.STRING)
                .uid(uid)
                .name("count")
                .sinkTo(
                        FileSink.forRowFormat(new Path(output), new SimpleStringEncoder<String>())
                                .withRollingPolicy(OnCheckpointRollingPolicy.build())
                                .build())
                .uid("files")
                .name("files");
        String name = option(args, "--name", "");
        if (name.isEmpty()) {
            env.execute();
        } else {
            env.execute(name);
        }
        String then = option(args, "--then", "");
        if (then.equals("fail")) {
            throw new IllegalStateException("this job was told to fail after its start");
        }
        if (then.equals("again")) {
            env.fromSource(new NumberSequenceSource(0, 9), WatermarkStrategy.noWatermarks(), "more").print();
            env.executeAsync("again");
        }
    }

    private static String option(String[] args, String name, String otherwise) {
        for (int i = 0; i + 1 < args.length; i++) {
            if (args[i].equals(name)) {
                return args[i + 1];
            }
        }
        return otherwise;
    }

    /** Lets so many numbers through in a second, however many tasks there are. */
    private static final class Throttle extends RichMapFunction<Long, Long> {
        private static final long serialVersionUID = 1L;
        private final double rate;
        private transient long begin;
        private transient long seen;
        private transient int tasks;

        Throttle(double rate) {
            this.rate = rate;
        }

        @Override
        public void open(OpenContext context) {
            begin = System.nanoTime();
            seen = 0;
            tasks = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
        }

        @Override
        public Long map(Long number) throws Exception {
            seen++;
            long due = (long) (seen * 1e9 * tasks / rate);
            long ahead = due - (System.nanoTime() - begin);
            if (ahead > 0) {
                Thread.sleep(Duration.ofNanos(ahead).toMillis());
            }
            return number;
        }
    }

    /** Hangs on command, or is slow. */
    private static final class Hang implements java.io.Serializable {
        private static final long serialVersionUID = 1L;
        private final String file;
        private final long slow;

        Hang(String file, long slow) {
            this.file = file;
            this.slow = slow;
        }

        void pass() throws Exception {
            if (!file.isEmpty() && java.nio.file.Files.deleteIfExists(java.nio.file.Paths.get(file))) {
                Thread.sleep(Long.MAX_VALUE);
            }
            if (slow > 0) {
                Thread.sleep(slow);
            }
        }
    }

    /** A number is its own count where there is one key and one task. */
    private static final class Chained extends RichMapFunction<Long, String> {
        private static final long serialVersionUID = 1L;
        private final String version;
        private final Hang hang;

        Chained(String version, Hang hang) {
            this.version = version;
            this.hang = hang;
        }

        @Override
        public String map(Long number) throws Exception {
            hang.pass();
            return version + ",0," + (number + 1) + "," + number;
        }
    }

    /** One count a key. */
    private static final class Count extends KeyedProcessFunction<Integer, Long, String>
            implements CheckpointedFunction {
        private static final long serialVersionUID = 1L;
        private final String version;
        private final String fail;
        private final long snapshot;
        private final Hang hang;
        private transient ValueState<Long> count;

        Count(String version, String fail, long snapshot, Hang hang) {
            this.version = version;
            this.fail = fail;
            this.snapshot = snapshot;
            this.hang = hang;
        }

        @Override
        public void initializeState(FunctionInitializationContext context) {}

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws Exception {
            Thread.sleep(Duration.ofSeconds(snapshot).toMillis());
        }

        @Override
        public void open(OpenContext context) {
            if (fail.equals("open")) {
                throw new IllegalStateException("this job was told to fail when its tasks open");
            }
            count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG));
        }

        @Override
        public void processElement(Long number, Context context, Collector<String> out) throws Exception {
            hang.pass();
            long next = (count.value() == null ? 0 : count.value()) + 1;
            count.update(next);
            out.collect(version + "," + context.getCurrentKey() + "," + next + "," + number);
        }
    }
}
